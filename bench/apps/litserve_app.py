"""The no-op application for LitServe: litserve_app.py PORT"""
import sys

import litserve


class Noop(litserve.LitAPI):
    def setup(self, device):
        pass

    def decode_request(self, request):
        return request

    def predict(self, body):
        return {"ok": True, "fields": len(body)}

    def encode_response(self, output):
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Noop(), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), num_api_servers=1, generate_client_file=False, log_level="warning")
