import resource

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
wanted = min(65536, hard) if hard != resource.RLIM_INFINITY else 65536
if soft < wanted:
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
print("open files:", resource.getrlimit(resource.RLIMIT_NOFILE)[0])
