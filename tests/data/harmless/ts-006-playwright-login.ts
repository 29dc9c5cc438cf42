import { expect, test } from "@playwright/test";

const base = process.env.BASE_URL ?? "http://localhost:4173";

test.describe("log in", () => {
  test("with a good password leads to the board", async ({ page }) => {
    await page.goto(`${base}/login`);
    await page.getByLabel("Email").fill("alice@example.com");
    await page.getByLabel("Password").fill(process.env.TEST_PASSWORD ?? "");
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page).toHaveURL(/\/board$/);
    await page.screenshot({ path: "test-results/board.png", fullPage: true });
  });

  test("with a bad one says so", async ({ page }) => {
    await page.goto(`${base}/login`);
    await page.getByLabel("Email").fill("alice@example.com");
    await page.getByLabel("Password").fill("wrong");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alert")).toContainText("not right");
  });
});
