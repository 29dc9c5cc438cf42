/** The variables that change what programs load or run, as data. What is in no line here is only read by who asks for it. */
import type { LanguageName } from "@hsr/contract";

export type Way =
  /** Every program loads these libraries. */
  | { readonly kind: "libraries" }
  /** Looked into before the system's own. */
  | { readonly kind: "folders"; readonly of: "libraries" | "programs" | "modules" | "python" }
  /** Run or loaded by a program when it starts. `null`: in a language that the analyzer does not read. */
  | { readonly kind: "file"; readonly language: LanguageName | null }
  | { readonly kind: "text"; readonly language: LanguageName | null }
  /** Text in which a shell expands commands. */
  | { readonly kind: "prompt" }
  /** A command line for a shell. */
  | { readonly kind: "command" }
  /** Options, as on the command line of that program. */
  | { readonly kind: "options"; readonly of: "node" | "perl" | "ruby" | "java" | "tar" | "make" | "go" }
  /** Something of a module of Python, which is imported and called for it. */
  | { readonly kind: "callable"; readonly of: "breakpoint" | "warnings" }
  | { readonly kind: "git" };

const ways: ReadonlyMap<string, Way> = new Map<string, Way>([
  ...named("LD_PRELOAD LD_AUDIT DYLD_INSERT_LIBRARIES DOTNET_STARTUP_HOOKS CORECLR_PROFILER_PATH", {
    kind: "libraries",
  }),
  ...named(
    "LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FRAMEWORK_PATH GCONV_PATH OPENSSL_ENGINES OPENSSL_MODULES GIO_MODULE_DIR GTK_PATH QT_PLUGIN_PATH PYTHONHOME PYTHONPYCACHEPREFIX PYTHONPLATLIBDIR PYTHONUSERBASE",
    { kind: "folders", of: "libraries" },
  ),
  ...named("PATH GIT_EXEC_PATH GIT_TEMPLATE_DIR GCC_EXEC_PREFIX COMPILER_PATH", { kind: "folders", of: "programs" }),
  ...named("PYTHONPATH", { kind: "folders", of: "python" }),
  ...named(
    "NODE_PATH PERL5LIB PERLLIB RUBYLIB GEM_PATH GEM_HOME CLASSPATH LUA_PATH LUA_CPATH JULIA_LOAD_PATH PHP_INI_SCAN_DIR R_LIBS R_LIBS_USER AWKPATH TCLLIBPATH",
    { kind: "folders", of: "modules" },
  ),
  ...named("BASH_ENV ENV", { kind: "file", language: "bash" }),
  ...named("PYTHONSTARTUP", { kind: "file", language: "python" }),
  ...named("NODE_REPL_EXTERNAL_MODULE", { kind: "file", language: "javascript" }),
  ...named(
    "OPENSSL_CONF R_PROFILE R_PROFILE_USER PHPRC GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG GNUPLOT_DRIVER_DIR JDK_JAVAC_OPTIONS",
    { kind: "file", language: null },
  ),
  ...named("PROMPT_COMMAND", { kind: "text", language: "bash" }),
  ...named("PERL5DB LUA_INIT LUA_INIT_5_2 LUA_INIT_5_3 LUA_INIT_5_4", { kind: "text", language: null }),
  ...named("PS0 PS1 PS2 PS4", { kind: "prompt" }),
  ...named(
    "GIT_SSH_COMMAND GIT_SSH GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_EXTERNAL_DIFF GIT_ASKPASS GIT_PROXY_COMMAND EDITOR VISUAL FCEDIT SUDO_EDITOR PAGER MANPAGER SYSTEMD_PAGER LESSOPEN LESSCLOSE BROWSER SSH_ASKPASS SUDO_ASKPASS RSYNC_RSH CVS_RSH RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTC_WRAPPER npm_config_script_shell NPM_CONFIG_SCRIPT_SHELL npm_config_git npm_config_editor SHELL",
    { kind: "command" },
  ),
  ...named("NODE_OPTIONS npm_config_node_options NPM_CONFIG_NODE_OPTIONS", { kind: "options", of: "node" }),
  ...named("PERL5OPT", { kind: "options", of: "perl" }),
  ...named("RUBYOPT", { kind: "options", of: "ruby" }),
  ...named("JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS JAVA_OPTS MAVEN_OPTS GRADLE_OPTS", {
    kind: "options",
    of: "java",
  }),
  ...named("TAR_OPTIONS", { kind: "options", of: "tar" }),
  ...named("MAKEFLAGS GNUMAKEFLAGS MFLAGS", { kind: "options", of: "make" }),
  ...named("GOFLAGS", { kind: "options", of: "go" }),
  ...named("PYTHONBREAKPOINT", { kind: "callable", of: "breakpoint" }),
  ...named("PYTHONWARNINGS", { kind: "callable", of: "warnings" }),
  ...named("GIT_CONFIG_PARAMETERS", { kind: "git" }),
]);

function named(names: string, way: Way): readonly (readonly [string, Way])[] {
  return names.split(" ").map((name) => [name, way]);
}

/** How a variable is read; `null` for one that only who asks for it reads. */
export function wayOf(name: string): Way | null {
  return ways.get(name) ?? (/^GIT_CONFIG_VALUE_\d+$/.test(name) ? { kind: "git" } : null);
}
