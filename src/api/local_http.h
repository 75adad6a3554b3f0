#pragma once

#include <string>
#include <string_view>

#include <manta/error.h>
#include <manta/http.h>

#include "api/local_call.h"
#include "spec/application_graph.h"

namespace manta::api {

// The method of the ingress deployment that answers `verb path`: declared routes (exact ones first), POST /<method>,
// then `call` at the prefix. NotFound, or an error of status 405 when only the verb is wrong.
Result<const spec::MethodSpec*> route_local(const spec::ApplicationGraph& graph, std::string_view verb,
                                            std::string_view path);

// The request as the ingress deployment gets it.
replica::Invocation local_invocation(const spec::MethodSpec& method, std::string_view verb, std::string_view target,
                                     std::string body, const HttpHeaders& headers);

// What a client sees of it.
// Without what is only between processes.
HttpResponse to_http(net::Response response);
HttpResponse local_response(Result<replica::Reply> reply, const std::string& request_id);

}  // namespace manta::api
