--- RDS DB instances, but those of clusters, which are started and stopped as a whole.

local database = require "targets.database"

local function filled(list)
  return list ~= nil and #list > 0
end

-- Why RDS would refuse to stop an instance, nil where it would not.
-- Source: Amazon RDS User Guide, "Stopping an Amazon RDS DB instance temporarily", "Limitations".
local function unstoppable(instance)
  if instance.DBClusterIdentifier then
    return ("left to its cluster, %s: tag that"):format(instance.DBClusterIdentifier)
  elseif instance.ReadReplicaSourceDBInstanceIdentifier or instance.ReadReplicaSourceDBClusterIdentifier then
    return "a read replica, which RDS cannot stop"
  elseif filled(instance.ReadReplicaDBInstanceIdentifiers)
    or filled(instance.ReadReplicaDBClusterIdentifiers) then
    return "it has read replicas, so that RDS cannot stop it"
  elseif instance.MultiAZ and instance.Engine and instance.Engine:find("sqlserver", 1, true) then
    return "SQL Server in several zones, which RDS cannot stop"
  end
end

return database.adapter {
  kind = "rds",
  operation = "describe_db_instances",
  id = "DBInstanceIdentifier",
  arn = "DBInstanceArn",
  status = "DBInstanceStatus",
  filter = "db-instance-id",
  unstoppable = unstoppable,
  start = function(rds, id) return rds:start_db_instance { DBInstanceIdentifier = id } end,
  stop = function(rds, id) return rds:stop_db_instance { DBInstanceIdentifier = id } end,
}
