local names = require "aws.names"

describe("aws.names", function()
  it("spells operations as boto3 does", function()
    for name, snake in pairs {
      DescribeInstances = "describe_instances",
      DescribeDBInstances = "describe_db_instances",
      GetCallerIdentity = "get_caller_identity",
      ListHITsForQualificationType = "list_hits_for_qualification_type",
      CreateCachediSCSIVolume = "create_cached_iscsi_volume",
      ExecutePartiQLBatch = "execute_partiql_batch",
      SendWhatsAppMessage = "send_whatsapp_message",
      StartOTelEnrichment = "start_otel_enrichment",
      ListWebACLs = "list_web_acls",
      ListGatewayARNs = "list_gateway_arns",
      PutBucketACL = "put_bucket_acl",
      ListObjectsV2 = "list_objects_v2",
      AssociateVPCWithHostedZone = "associate_vpc_with_hosted_zone",
      ListDevicesForWirelessDeviceImportTask = "list_devices_for_wireless_device_import_task",
      S3Exists = "s3_exists",
      already_snake = "already_snake",
      SSMStatus = "ssm_status",
      CreateBGPPeer = "create_bgp_peer",
      EC2Instance = "ec2_instance",
    } do
      assert.equal(snake, names.snake_case(name))
    end
  end)
end)
