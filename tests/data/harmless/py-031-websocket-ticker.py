import asyncio
import json

import websockets


async def ticker(pair):
    async for ws in websockets.connect("wss://stream.example.com/v1"):
        try:
            await ws.send(json.dumps({"op": "subscribe", "channel": "ticker", "pair": pair}))
            async for raw in ws:
                event = json.loads(raw)
                if event.get("type") == "ticker":
                    print(f"{event['time']}  {float(event['price']):>12,.2f}")
        except websockets.ConnectionClosed:
            continue


try:
    asyncio.run(ticker("BTC-EUR"))
except KeyboardInterrupt:
    pass
