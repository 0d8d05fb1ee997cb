"""Where SageMaker's built-in Seq2Seq image lives: one registry account per region.

The numbers are those of the image registry in SageMaker's Python SDK. The image exists in one
version.
"""

from aws_cdk import Aws, CfnMapping
from aws_cdk.region_info import RegionInfo
from constructs import Construct

REPOSITORY = "seq2seq"
TAG = "1"
NO_REGISTRY = "000000000000"
"""In place of an account, where there is no image and the deployment does not need one."""

ACCOUNTS = {
    "af-south-1": "455444449433",
    "ap-east-1": "286214385809",
    "ap-northeast-1": "501404015308",
    "ap-northeast-2": "306986355934",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "991648021394",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "475088953585",
    "ap-southeast-2": "544295431143",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "469771592824",
    "ca-west-1": "190319476487",
    "cn-north-1": "390948362332",
    "cn-northwest-1": "387376663083",
    "eu-central-1": "813361260812",
    "eu-central-2": "680994064768",
    "eu-north-1": "669576153137",
    "eu-south-1": "257386234256",
    "eu-south-2": "104374241257",
    "eu-west-1": "685385470294",
    "eu-west-2": "644912444149",
    "eu-west-3": "749696950732",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "249704162688",
    "sa-east-1": "855470959533",
    "us-east-1": "811284229777",
    "us-east-2": "825641698319",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "226302683700",
    "us-iso-east-1": "490574956308",
    "us-isob-east-1": "765400339828",
    "us-isof-east-1": "108575199400",
    "us-isof-south-1": "124985052026",
    "us-west-1": "632365934929",
    "us-west-2": "433757028032",
}


def registry_account(scope: Construct, *, required: bool) -> str:
    """The registry's account, looked up by CloudFormation in the region it deploys to.

    Where the image is required, a deployment to a region without it fails on this look-up, before
    anything is built. CloudFormation looks up in branches that it does not take, too, so that for
    the others each region must be found.
    """
    regions = [] if required else [region.name for region in RegionInfo.regions]
    accounts = dict.fromkeys(sorted(regions), NO_REGISTRY) | ACCOUNTS
    mapping = CfnMapping(
        scope,
        "BuiltinImages",
        mapping={region: {"account": account} for region, account in accounts.items()},
    )
    return mapping.find_in_map(Aws.REGION, "account")
