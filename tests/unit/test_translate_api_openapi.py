import json
import re
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from protocol import recordio, schemas
from protocol.configuration import CONFIGURATION_KEYS
from protocol.translation import HTTP_STATUS, ErrorCode
from translate_api import openapi
from translate_api.media_types import MediaType

DOCUMENTS = Path(__file__).parents[2] / "docs"


def test_the_document_is_todays() -> None:
    stored = (DOCUMENTS / "openapi.json").read_text(encoding="utf-8")

    assert stored == openapi.text(), "run: make openapi"


def test_the_document_is_openapi() -> None:
    OpenAPIV31SpecValidator(openapi.document()).validate()


def test_the_document_and_api_gateways_model_come_from_one_schema() -> None:
    described = openapi.document()["components"]["schemas"]["TranslationRequest"]
    model = schemas.request_model()

    assert described == {key: model[key] for key in model if key not in ("$schema", "title")}


def test_the_command_writes_the_document(tmp_path: Path) -> None:
    assert openapi.main([str(tmp_path / "openapi.json")]) == 0

    assert json.loads((tmp_path / "openapi.json").read_text()) == openapi.document()


def test_every_error_is_in_the_document_and_in_the_table_of_the_reference() -> None:
    reference = (DOCUMENTS / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", reference, flags=re.MULTILINE)

    assert set(openapi.ERRORS) == set(ErrorCode)
    assert {(int(status), code) for status, code in rows} == {
        (status, str(code)) for code, status in HTTP_STATUS.items()
    }


def test_every_configuration_key_is_in_the_reference_with_its_range() -> None:
    reference = (DOCUMENTS / "api.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| \w+ \| (.*?) \|", reference, flags=re.MULTILINE))

    assert rows == {key.name: key.range_text for key in CONFIGURATION_KEYS}


def test_records_have_one_content_type() -> None:
    assert MediaType.RECORDIO == recordio.CONTENT_TYPE
