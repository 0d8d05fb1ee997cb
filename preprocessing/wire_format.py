"""Protobuf's wire format, as far as the record of a sentence pair needs it.

Source: protobuf.dev/programming-guides/encoding.
"""

_BYTES_FIELD = 2
"""Wire type of strings, messages and packed numbers: a length, then so many bytes."""
_FEATURES, _KEY, _VALUE, _INT32_TENSOR, _VALUES = 1, 1, 2, 7, 1
"""Field numbers of `aialgs.data.Record`, from the map of features down to a tensor's values."""


def varint(number: int) -> bytes:
    """A number from 0 up, seven bits a byte, the lowest first."""
    content = bytearray()
    while number > 0x7F:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    content.append(number)
    return bytes(content)


def feature_head(name: str, num_bytes: int) -> bytes:
    """What stands before the varints of a feature that holds an int32 tensor."""
    key = _head(_KEY, len(name)) + name.encode()
    values = _head(_VALUES, num_bytes)
    tensor = _head(_INT32_TENSOR, len(values) + num_bytes) + values
    value = _head(_VALUE, len(tensor) + num_bytes) + tensor
    return _head(_FEATURES, len(key) + len(value) + num_bytes) + key + value


def _head(field: int, num_bytes: int) -> bytes:
    return varint(field << 3 | _BYTES_FIELD) + varint(num_bytes)
