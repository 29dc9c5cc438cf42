const express = require("express");
const multer = require("multer");
const fs = require("fs");
const path = require("path");

const store = process.env.UPLOAD_DIR || path.join(__dirname, "uploads");
fs.mkdirSync(store, { recursive: true });
const upload = multer({ dest: path.join(store, "incoming"), limits: { fileSize: 5e6 } });
const app = express();

app.post("/files", upload.single("file"), (req, res, next) => {
  const ext = path.extname(req.file.originalname).toLowerCase();
  if (![".png", ".jpg", ".pdf"].includes(ext)) {
    return fs.unlink(req.file.path, () => res.status(415).json({ error: "type not allowed" }));
  }
  const target = path.join(store, req.file.filename + ext);
  fs.rename(req.file.path, target, (err) => (err ? next(err) : res.status(201).json({ id: req.file.filename })));
});

app.get("/files", (req, res) => {
  res.json(fs.readdirSync(store).filter((name) => name !== "incoming"));
});

app.listen(process.env.PORT || 3000);
