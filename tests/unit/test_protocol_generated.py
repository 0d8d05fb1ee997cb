from pathlib import Path

from grpc_tools import protoc

PROTOCOL = Path(__file__).resolve().parents[2] / "protocol"


def test_the_generated_record_is_not_stale(tmp_path: Path) -> None:
    """`make protobuf` generates it again."""
    arguments = [f"-I{PROTOCOL}", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]

    assert protoc.main(["protoc", *arguments, str(PROTOCOL / "record.proto")]) == 0

    for name in ("record_pb2.py", "record_pb2.pyi"):
        assert (PROTOCOL / name).read_text() == (tmp_path / name).read_text()
