import { HsrError } from "@hsr/contract";
import { expect, test } from "vitest";
import { mustBeAllowed } from "./allowed.ts";

const allowed = ["hooks.example.com", "*.tenants.example.com", "10.1.2.3:8080", "[fd00::5]:8443"];

function codeOf(url: string): string {
  try {
    mustBeAllowed(url, allowed);
  } catch (thrown) {
    if (thrown instanceof HsrError) return thrown.code;
    throw thrown;
  }
  return "allowed";
}

test.for([
  "https://hooks.example.com/x",
  "http://HOOKS.example.com:81/x",
  "https://a.tenants.example.com/",
  "http://10.1.2.3:8080/",
  "http://167838211:8080/",
  "http://0x0a.1.2.3:8080/",
  "https://[fd00:0::5]:8443/",
])("control: %s is what the operator named", (url) => expect(codeOf(url)).toBe("allowed"));

test.for([
  "http://127.0.0.1/",
  "http://2130706433/",
  "http://0x7f.1/",
  "http://127.1/",
  "http://017700000001/",
  "http://[::1]/",
  "http://[::]/",
  "http://[::ffff:10.1.2.3]:8080/",
  "http://[::ffff:127.0.0.1]/",
  "http://169.254.169.254/",
  "http://10.1.2.3/",
  "http://10.1.2.3:80/",
  "https://10.1.2.3:8443/",
  "http://localhost/",
  "http://hooks.example.com./",
  "http://hooks.example.com.evil.example/",
  "http://evil.example/hooks.example.com",
  "http://evil.example?hooks.example.com",
  "http://evil.example\\hooks.example.com",
  "http://evil-tenants.example.com/",
  "http://tenants.example.com/",
  "http://tenants.example.com.evil.example/",
  "http://hooks。example。com.evil.example/",
  "http://ⓛocalhost/",
])("%s is not", (url) => expect(codeOf(url)).toBe("unsupported"));

test.for([
  "http://hooks.example.com@evil.example/",
  "http://evil.example#@hooks.example.com",
  "http://user@hooks.example.com/",
  "http://:word@hooks.example.com/",
  "http://hooks.example.com:99999/",
  "http://hooks.example.com:80x/",
  "http://",
  "hooks.example.com",
])("%s is no address", (url) => expect(codeOf(url)).toBe("invalid_request"));
