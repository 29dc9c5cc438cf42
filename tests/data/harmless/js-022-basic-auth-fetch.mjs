const { JENKINS_URL, JENKINS_USER, JENKINS_TOKEN } = process.env;
const authorization = "Basic " + btoa(`${JENKINS_USER}:${JENKINS_TOKEN}`);

async function get(path) {
  const response = await fetch(new URL(path, JENKINS_URL), { headers: { authorization } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response.json();
}

const { jobs } = await get("/api/json?tree=jobs[name,color]");
for (const { name, color } of jobs.filter((job) => job.color.startsWith("red"))) {
  const last = await get(`/job/${encodeURIComponent(name)}/lastBuild/api/json?tree=number,duration`);
  console.log(`${name} #${last.number} ${color}`);
}
