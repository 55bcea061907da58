// SPDX-License-Identifier: BSL-1.0
#include "mote/host/quantize/quantize_model.hpp"

namespace mote::inline v0::host {

template std::vector<quantized_tensor> quantize_model(const raw_model&, const recipe&, const text_sample*,
                                                      const quantize_report&);
template batch_model use_decoded(batch_model, const std::vector<quantized_tensor>&);

}  // namespace mote::inline v0::host
