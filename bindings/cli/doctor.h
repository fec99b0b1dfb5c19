// tokrail doctor: what was found on this machine.
#pragma once

namespace tokrail::cli {

struct DoctorVerb {
  bool json = false;
};

int run_doctor(const DoctorVerb& verb);

}  // namespace tokrail::cli
