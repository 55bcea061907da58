// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/quantise_model.hpp"

namespace mote::inline v0::host {

template std::vector<quantised_tensor> quantise_model(const raw_model&, const recipe&, const text_sample*,
                                                      const quantise_report&);
template batch_model use_decoded(batch_model, const std::vector<quantised_tensor>&);

}  // namespace mote::inline v0::host
