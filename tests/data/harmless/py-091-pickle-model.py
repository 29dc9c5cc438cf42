# %%
import pickle

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

wine = pd.read_csv("data/wine.csv")
X_train, X_test, y_train, y_test = train_test_split(wine.drop(columns="quality"), wine["quality"], random_state=3)
# %%
model = RandomForestClassifier(n_estimators=200, random_state=3).fit(X_train, y_train)
with open("model.pkl", "wb") as f:
    pickle.dump(model, f)
# %%
with open("model.pkl", "rb") as f:
    again = pickle.load(f)
print(again.score(X_test, y_test))
