import base64
import os
import sys

import anthropic

picture = sys.argv[1]
with open(picture, "rb") as f:
    data = base64.standard_b64encode(f.read()).decode()

client = anthropic.Anthropic(api_key=os.environ["ANTHROPIC_API_KEY"])
reply = client.messages.create(
    model="claude-3-5-sonnet-latest",
    max_tokens=400,
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}},
                {"type": "text", "text": "Describe this diagram for somebody who cannot see it."},
            ],
        }
    ],
)
print(reply.content[0].text)
