// http/admin/admin_handler.h -- the operators' listener: metrics, status, explain, drain, reload,
// samples.
//
//   GET  /healthz                      no token; "ok" once a plan is published
//   GET  /metrics                      Prometheus text
//   GET  /v1/status
//   GET  /v1/explain?client=A[/B]&name=N | &url=U
//   POST /v1/drain {target, who, why, for?, force?}      POST /v1/undrain {target, who, why?}
//   POST /v1/reload
//   POST /v1/samples                   token of a feed
//
// Its own server, on loopback unless told otherwise; everything but /healthz wants a bearer token:
// the operators', which /v1/samples does not take.
// Every error is JSON {"error": "what; want ..., got ..."} with its status. docs/ADMIN.md has the
// shapes.
#ifndef SPILLWAY_HTTP_ADMIN_ADMIN_HANDLER_H_
#define SPILLWAY_HTTP_ADMIN_ADMIN_HANDLER_H_

#include "http/admin/backend.h"
#include "http/server/handler.h"

namespace spillway::http {

class AdminHandler : public Handler {
 public:
  // `backend` must outlive the handler.
  explicit AdminHandler(const AdminBackend& backend) : backend_(backend) {}
  void Handle(const Request& request, Response& response) override;

 private:
  bool Authorised(const Request& request) const;
  void Status(Response& response) const;
  void Metrics(Response& response) const;
  void Explain(const Request& request, Response& response) const;
  void Drain(const Request& request, Response& response) const;
  void Undrain(const Request& request, Response& response) const;
  void Reload(Response& response) const;
  void Samples(const Request& request, Response& response) const;

  const AdminBackend& backend_;
};

}  // namespace spillway::http

#endif  // SPILLWAY_HTTP_ADMIN_ADMIN_HANDLER_H_
