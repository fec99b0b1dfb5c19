# tokrail doctor and --version.
source "$(dirname "$0")/harness.sh" "$1" "$2"
check "doctor" "$tokrail" doctor
holds "instruction_sets"
holds "gpu "
holds "logit_backend     c"
holds "ICU"
check "doctor as JSON" "$tokrail" doctor --json
holds '"threads":'
check "--version" "$tokrail" --version
holds "tokrail 0."
holds "sentencepiece"
finish
