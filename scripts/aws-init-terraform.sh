#!/usr/bin/env bash
# scripts/aws-init-terraform.sh: makes what Terraform's state needs in an AWS account. Run again, it changes nothing.
set -euo pipefail

usage() {
  cat << 'END'
Usage: scripts/aws-init-terraform.sh [--lockfile]

Once an account: makes what Terraform keeps its state in,
  S3 bucket ACCOUNT-terraform    versioned, encrypted, private, reached by TLS only
  DynamoDB table terraform_locks on demand, with point-in-time recovery
and writes terraform/account.tf and functions/*/backend_override.tf (git ignores them), so that a plain
`terraform init` in a function's folder finds both. What is there already stays as it is; after a failure, run
it again. A second checkout needs it once too, for the two files.

  --lockfile   lock by a file in the bucket as well (use_lockfile; Terraform 1.10 or newer)

Account and credentials are those of the AWS CLI: AWS_PROFILE, AWS_ACCESS_KEY_ID, ~/.aws. The region is AWS_REGION,
AWS_DEFAULT_REGION or the profile's; a bucket that exists decides it. AWS_ENDPOINT_URL names another AWS.
END
}

table=terraform_locks
changes=0

say() { echo "aws-init-terraform: $*"; }
die() {
  echo "aws-init-terraform: $*" >&2
  exit 1
}

# The AWS CLI, told the region and the endpoint: not every version reads them from the environment for every service.
aws_() {
  local variable=AWS_ENDPOINT_URL_${1^^} endpoint
  variable=${variable/%S3API/S3}
  endpoint=${!variable:-${AWS_ENDPOINT_URL:-}}
  aws --region "$region" ${endpoint:+--endpoint-url "$endpoint"} --output text "$@" 2> "$errors"
}

# The last words of the AWS CLI.
complaint() { grep -v '^$' "$errors" | tail -n 1; }

# Prints what is set; nothing where AWS says that nothing is.
current() {
  aws_ "$@" && return
  grep -qE '\((NoSuch|ResourceNotFound|ServerSideEncryptionConfigurationNotFound)' "$errors" || die "$(complaint)"
}

# change WHAT COMMAND...
change() {
  "${@:2}" > /dev/null || die "$1: $(complaint)"
  say "$1"
  changes=$((changes + 1))
}

# ---- the account ----

find_region() {
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
  [[ -n $region ]] || die "no region: run \`aws configure\`, or \`export AWS_REGION=eu-west-1\`"
  [[ $region =~ ^[a-z]{2,}(-[a-z]+)+-[0-9]+$ ]] ||
    die "'$region' is no region: \`export AWS_REGION=eu-west-1\`, or another that \`aws account list-regions\` shows"
}

find_account() {
  local identity arn
  if ! identity=$(aws_ sts get-caller-identity --query '[Account,Arn]'); then
    if grep -qiE 'could not connect|could not resolve|endpoint' "$errors"; then
      die "no AWS at region '$region': $(complaint); if that is no region, \`export AWS_REGION=eu-west-1\`"
    fi
    die "no valid credentials: $(complaint); run \`aws configure\` or \`aws sso login\`, or \`export AWS_PROFILE=name\`"
  fi
  read -r account arn <<< "$identity"
  partition=$(cut -d : -f 2 <<< "$arn")
  bucket=$account-terraform
}

# ---- the bucket ----

create_bucket() {
  local place=(--create-bucket-configuration "LocationConstraint=$region")
  [[ $region != us-east-1 ]] || place=() # the one region that must not be named
  if ! aws_ s3api create-bucket --bucket "$bucket" "${place[@]}"; then
    ! grep -q BucketAlreadyExists "$errors" ||
      die "the bucket $bucket belongs to another account, so that Terraform's state cannot be kept there"
    return 1
  fi
  aws_ s3api wait bucket-exists --bucket "$bucket"
}

# State and locks stay in the region where the bucket is, whichever was asked for.
go_to_bucket() {
  local home
  home=$(current s3api get-bucket-location --bucket "$bucket" --query LocationConstraint)
  case $home in
    None) home=us-east-1 ;;
    EU) home=eu-west-1 ;;
  esac
  [[ $home == "$region" ]] || say "the bucket $bucket is in $home: state and locks stay there"
  region=$home
}

ensure_bucket() {
  local mine versioning encryption private policy statement
  mine=$(current s3api list-buckets --query "Buckets[?Name=='$bucket'].Name")
  [[ -n $mine && $mine != None ]] || change "bucket $bucket in $region: created" create_bucket
  go_to_bucket

  versioning=$(current s3api get-bucket-versioning --bucket "$bucket" --query Status)
  [[ $versioning == Enabled ]] || change "bucket $bucket: versions are kept" \
    aws_ s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled

  encryption=$(current s3api get-bucket-encryption --bucket "$bucket" \
    --query 'ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.SSEAlgorithm')
  [[ -n $encryption ]] || change "bucket $bucket: encrypted" \
    aws_ s3api put-bucket-encryption --bucket "$bucket" --server-side-encryption-configuration \
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'

  private=$(current s3api get-public-access-block --bucket "$bucket" --query \
    'PublicAccessBlockConfiguration.[BlockPublicAcls,IgnorePublicAcls,BlockPublicPolicy,RestrictPublicBuckets]')
  [[ $private == True?True?True?True ]] || change "bucket $bucket: private" \
    aws_ s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true

  # An action's name has no case (IAM User Guide, "Action"). Written so, moto passes over the statement, whose
  # condition it would not look at: it is reached by plain HTTP.
  policy=$(current s3api get-bucket-policy --bucket "$bucket" --query Policy)
  statement='{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"S3:*","Resource":'
  statement+="[\"arn:$partition:s3:::$bucket\",\"arn:$partition:s3:::$bucket/*\"],"
  statement+='"Condition":{"Bool":{"aws:SecureTransport":"false"}}}'
  if [[ -z $policy ]]; then
    change "bucket $bucket: reached by TLS only" aws_ s3api put-bucket-policy --bucket "$bucket" \
      --policy "{\"Version\":\"2012-10-17\",\"Statement\":[$statement]}"
  elif [[ $policy != *aws:SecureTransport* ]]; then
    die "the bucket $bucket has a policy of its own that lets plain HTTP in: add the statement $statement"
  fi
}

# ---- the table ----

create_table() {
  aws_ dynamodb create-table --table-name "$table" --billing-mode PAY_PER_REQUEST \
    --attribute-definitions AttributeName=LockID,AttributeType=S --key-schema AttributeName=LockID,KeyType=HASH &&
    aws_ dynamodb wait table-exists --table-name "$table"
}

# AWS cannot do it in the first moments of a table.
keep_recovery_points() {
  local try
  for try in {1..30}; do
    aws_ dynamodb update-continuous-backups --table-name "$table" \
      --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true && return
    grep -q ContinuousBackupsUnavailable "$errors" || return
    sleep "$((try < 5 ? try : 5))"
  done
  return 1
}

ensure_table() {
  local state recovery
  state=$(current dynamodb describe-table --table-name "$table" --query 'Table.[TableStatus,KeySchema[0].AttributeName]')
  case $state in
    '') change "table $table in $region: created" create_table ;;
    ACTIVE?LockID) ;;
    *?LockID) aws_ dynamodb wait table-exists --table-name "$table" || die "table $table: $(complaint)" ;;
    *) die "the table $table is not Terraform's: its key is ${state#*$'\t'}, not LockID; delete it, if nothing needs it" ;;
  esac
  recovery=$(current dynamodb describe-continuous-backups --table-name "$table" \
    --query ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus)
  [[ $recovery == ENABLED ]] || change "table $table: can be recovered to any point in time" keep_recovery_points
}

# ---- the settings ----

settings() {
  cat << END
# Where Terraform keeps the state of the functions in account $account: written by scripts/aws-init-terraform.sh.
terraform {
  backend "s3" {
    bucket         = "$bucket"
    key            = "NAME/terraform.tfstate"
    region         = "$region"
    encrypt        = true
    dynamodb_table = "$table"
$([[ -z $lockfile ]] || echo '    use_lockfile   = true')
  }
}
END
}

write_settings() {
  local file=$root/terraform/account.tf text written
  text=$(settings | grep -v '^$')
  if [[ ! -f $file || $(< "$file") != "$text" ]]; then
    printf '%s\n' "$text" > "$root/terraform/.account.new"
    mv "$root/terraform/.account.new" "$file"
    say "terraform/account.tf: written"
    changes=$((changes + 1))
  fi
  written=$("$root/scripts/lib/backends")
  while read -r line; do
    say "$line"
    changes=$((changes + 1))
  done < <(grep . <<< "$written")
}

lockfile=''
for word in "$@"; do
  case $word in
    -h | --help) usage && exit 0 ;;
    --lockfile) lockfile=yes ;;
    *) die "unknown argument '$word'; see scripts/aws-init-terraform.sh --help" ;;
  esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
export AWS_PAGER=''

command -v aws > /dev/null || die "the AWS CLI is missing: install Debian's awscli, or AWS's own"
find_region
find_account
ensure_bucket
ensure_table
write_settings
if (( changes > 0 )); then
  say "account $account is ready in $region; $changes changes"
else
  say "account $account is ready in $region; nothing changed"
fi
