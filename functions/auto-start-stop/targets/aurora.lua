--- Aurora DB clusters, and what else RDS keeps as clusters.

local database = require "targets.database"

-- Why RDS would refuse to stop a cluster, nil where it would not.
-- Source: Amazon Aurora User Guide, "Stopping and starting an Amazon Aurora DB cluster", "Limitations".
local function unstoppable(cluster)
  if cluster.EngineMode == "serverless" then
    return "Aurora Serverless v1, which pauses by itself and cannot be stopped"
  elseif cluster.EngineMode == "multimaster" then
    return "a multi-master cluster, which Aurora cannot stop"
  elseif cluster.EngineMode == "global" or cluster.GlobalWriteForwardingStatus == "enabled" then
    return "part of a global database, which Aurora cannot stop"
  elseif (cluster.ReplicationSourceIdentifier or "") ~= "" then
    return "a replica of another cluster, which Aurora cannot stop"
  elseif #(cluster.ReadReplicaIdentifiers or {}) > 0 then
    return "it has replicas in other regions, so that Aurora cannot stop it"
  end
end

return database.adapter {
  kind = "aurora",
  operation = "describe_db_clusters",
  id = "DBClusterIdentifier",
  arn = "DBClusterArn",
  status = "Status",
  filter = "db-cluster-id",
  unstoppable = unstoppable,
  start = function(rds, id) return rds:start_db_cluster { DBClusterIdentifier = id } end,
  stop = function(rds, id) return rds:stop_db_cluster { DBClusterIdentifier = id } end,
}
