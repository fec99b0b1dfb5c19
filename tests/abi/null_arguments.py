"""Calls every function of the C interface with nothing but zeros. None may crash, and those that
can fail must say invalid_argument.

    null_arguments.py LIBRARY HEADER EXPORTS
"""
import ctypes
import re
import sys

library, header, exports = sys.argv[1:]
lib = ctypes.CDLL(library)
text = re.sub(r"/\*.*?\*/|^#.*?$", " ", open(header).read(), flags=re.S | re.M)
declared = dict((name, result.strip()) for result, name in
                re.findall(r"TOKRAIL_API\s+([\w\s*]+?)\s*\b(tokrail_\w+)\s*\(", text))
names = open(exports).read().split()
problems = [f"{name} is declared but not exported" for name in sorted(set(declared) - set(names))]
problems += [f"{name} is exported but not declared" for name in sorted(set(names) - set(declared))]
# Nothing to do is no error.
FINE = {"tokrail_error_code": 0, "tokrail_matcher_fill_masks": 0}
for name, result in declared.items():
    function = getattr(lib, name)
    function.restype = {"tokrail_status": ctypes.c_int32, "double": ctypes.c_double,
                        "bool": ctypes.c_bool, "void": None}.get(result, ctypes.c_void_p)
    answer = function(*[ctypes.c_void_p()] * 12)
    if result == "tokrail_status" and answer != FINE.get(name, 1):
        problems.append(f"{name}: status {answer}")
print("\n".join(problems) or f"{len(declared)} functions")
sys.exit(bool(problems))
