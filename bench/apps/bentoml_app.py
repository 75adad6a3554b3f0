"""The no-op application for BentoML."""
import bentoml


@bentoml.service(workers=1)
class Noop:
    @bentoml.api(route="/predict")
    async def predict(self, id: str, text: str, params: dict) -> dict:
        return {"ok": True, "fields": 3}
