from openai import OpenAI
import os

client = OpenAI(api_key=os.getenv("OPENAI_API_KEY"))

messages = [{"role": "system", "content": "You answer in one sentence."}]
while True:
    question = input("> ").strip()
    if question in {"", "quit"}:
        break
    messages.append({"role": "user", "content": question})
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages, temperature=0.2)
    text = answer.choices[0].message.content
    messages.append({"role": "assistant", "content": text})
    print(text)
