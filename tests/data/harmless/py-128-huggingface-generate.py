from transformers import AutoModelForCausalLM, AutoTokenizer

NAME = "distilgpt2"
tokenizer = AutoTokenizer.from_pretrained(NAME)
model = AutoModelForCausalLM.from_pretrained(NAME)

inputs = tokenizer("The weather in Lisbon is", return_tensors="pt")
for ids in model.generate(**inputs, max_new_tokens=20, do_sample=True, num_return_sequences=3, pad_token_id=50256):
    print(tokenizer.decode(ids, skip_special_tokens=True))
