"""Every compound on the wire is a msgpack list whose first item is one of these."""

LIST, TUPLE, DICT, BIG, COMPLEX, ARRAY, SCALAR, TENSOR, HANDLE, CALLBACK, ALIKE, PACKED = range(12)
