#!/usr/bin/env python3
"""Generates JSON for schemas in every step mode and holds it against an independent validator.

    tests/cli/generated_json.py TOKRAIL MODEL SCHEMAS.jsonl [--every N] [--seed S] [--result FILE]

SCHEMAS.jsonl: objects with "id" and "schema" (JSON as text). An output with status complete must be
valid; the rates of the other statuses are printed. Schemas that the command refuses are counted.
Exit code 0 if all complete outputs are valid, 1 if not, 77 without the module jsonschema.
"""
import argparse
import collections
import json
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

MODES = {
    "mask": ["--mode", "mask"],
    "reject": ["--mode", "reject"],
    "weighted": ["--mode", "weighted"],
    "adaptive": ["--mode", "adaptive"],
    "exact": ["--mode", "exact"],
    "particles": ["--particles", "8"],
}


def validator_of(schema):
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    return kind(schema)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tokrail")
    parser.add_argument("model")
    parser.add_argument("schemas")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--result")
    arguments = parser.parse_args()

    statuses = collections.defaultdict(collections.Counter)
    invalid = []
    refused = 0
    with open(arguments.schemas, encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines][:: arguments.every]
    for number, case in enumerate(cases):
        schema = json.loads(case["schema"])
        validator = validator_of(schema)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(case["schema"])
            file.flush()
            command = [arguments.tokrail, "generate", "--model", "ngram:" + arguments.model,
                       "--json-schema", file.name, "--style", "spaced", "--short-numbers",
                       "--temperature", "0.7", "--max-tokens", "400", "--json",
                       "--seed", str(arguments.seed + number)]
            for mode, options in MODES.items():
                extra = options + (["--exact-budget", "20000"] if mode == "exact" else [])
                run = subprocess.run(command + extra, capture_output=True, text=True, timeout=300)
                if run.returncode == 2:
                    refused += 1
                    break
                output = json.loads(run.stdout)
                statuses[mode][output["status"]] += 1
                if output["status"] != "complete":
                    continue
                try:
                    validator.validate(json.loads(output["text"]))
                except (jsonschema.ValidationError, ValueError, RecursionError) as error:
                    invalid.append((case["id"], mode, output["text"], str(error).splitlines()[0]))
    print(f"{len(cases)} schemas, {refused} refused by the reader")
    for mode, counts in statuses.items():
        print(f"{mode:10}", "  ".join(f"{name} {count}" for name, count in counts.most_common()))
    for case, mode, text, error in invalid[:20]:
        print(f"INVALID {case} {mode}: {error}\n  {text}")
    complete = sum(counts["complete"] for counts in statuses.values())
    print(f"{complete - len(invalid)} of {complete} complete outputs are valid")
    if arguments.result:
        with open(arguments.result, "w", encoding="utf-8") as file:
            file.write(f"{complete - len(invalid)} {len(invalid)} 0\n")
    return 1 if invalid else 0


if __name__ == "__main__":
    sys.exit(main())
