using System.Net;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Tests.Contracts.TalkAvocado;

/// <summary>The jobs API of talk videos, row by row as contracts.md, section 3, has it: without keys, jobs waiting for their start.</summary>
public class TalkAvocadoTests : ServiceTest
{
    private protected const string Sample = """{"tenantId":"demo-tenant","input":{"originalFilename":"sample.mp4","bytes":123456,"mimeType":"video/mp4"}}""";

    private readonly MakesFiles _files = new();

    protected override void Configure(DispatcherOptions options)
    {
        options.Contracts.Add(Contract.TalkAvocado);
        options.Handlers.Add(_files);
    }

    [Fact]
    public async Task Create_Answers201_WithTheFieldsOfTheSample()
    {
        var answer = await Post(Sample);

        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var id = answer.Text("jobId");
        Assert.True(Guid.TryParseExact(id, "D", out _));
        Assert.Equal($$"""{"jobId":"{{id}}","status":"pending","env":"dev","tenantId":"demo-tenant","manifestKey":"dev/demo-tenant/{{id}}/manifest.json"}""", answer.Content);
    }

    [Fact]
    public async Task Create_WritesTheInitialManifest_UnderTheCanonicalKey()
    {
        var id = await Create(Sample);

        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(PathOf($"dev/demo-tenant/{id}/manifest.json")))!;
        Assert.Empty(ManifestSchema.FaultsOf(manifest));
        Assert.Equal(("1.0.0", "dev", "demo-tenant", id, "pending"), (Text(manifest, "schemaVersion"), Text(manifest, "env"), Text(manifest, "tenantId"), Text(manifest, "jobId"), Text(manifest, "status")));
        Assert.Equal($"dev/demo-tenant/{id}/input/sample.mp4", Text(manifest, "sourceVideoKey"));
        Assert.Equal(
            $$"""{"sourceKey":"dev/demo-tenant/{{id}}/input/sample.mp4","originalFilename":"sample.mp4","bytes":123456,"mimeType":"video/mp4"}""",
            manifest["input"]!.ToJsonString());
    }

    [Fact]
    public async Task Create_KeepsChecksumAndUploadTime_WhenTheyAreGiven()
    {
        var id = await Create("""{"tenantId":"t","input":{"originalFilename":"a b.mov","bytes":0,"mimeType":"audio/x","checksum":"abc","uploadedAt":"2025-09-25T12:34:56Z"}}""");
        var input = JsonNode.Parse(await File.ReadAllTextAsync(PathOf($"dev/t/{id}/manifest.json")))!["input"]!;
        Assert.Equal(("abc", "2025-09-25T12:34:56Z", "a b.mov"), (Text(input, "checksum"), Text(input, "uploadedAt"), Text(input, "originalFilename")));
    }

    [Fact]
    public async Task Create_TakesARequestWithoutInput()
    {
        var id = await Create("""{"tenantId":"demo-tenant"}""");
        Assert.False(JsonNode.Parse(await File.ReadAllTextAsync(PathOf($"dev/demo-tenant/{id}/manifest.json")))!.AsObject().ContainsKey("input"));
    }

    [Theory]
    [InlineData("{}", "Missing required field: tenantId")]
    [InlineData("""{"tenantId":null}""", "Missing required field: tenantId")]
    [InlineData("""{"tenantId":""}""", "Missing required field: tenantId")]
    [InlineData("""{"tenantId":5}""", "Invalid tenantId format")]
    [InlineData("""{"tenantId":"Demo"}""", "Invalid tenantId format")]
    [InlineData("""{"tenantId":"-demo"}""", "Invalid tenantId format")]
    [InlineData("""{"tenantId":"demo-"}""", "Invalid tenantId format")]
    [InlineData("""{"tenantId":"../demo"}""", "Invalid tenantId format")]
    [InlineData("""{"tenantId":"demo\n"}""", "Invalid tenantId format")]
    [InlineData("""{"tenantId":"a23456789012345678901234567890123456789012345678901234567890123456"}""", "Invalid tenantId format")]
    [InlineData("", "Invalid JSON in request body")]
    [InlineData("{", "Invalid JSON in request body")]
    [InlineData("""{"tenantId":"a","tenantId":"b"}""", "Invalid JSON in request body")]
    [InlineData("""{"tenantId":"\ud800"}""", "Invalid JSON in request body")]
    [InlineData("[]", "Request body must be a JSON object")]
    [InlineData("""{"tenantId":"t","jobId":"x"}""", "Invalid jobId: the service makes it; use x-idempotency-key to make a job once")]
    [InlineData("""{"tenantId":"t","input":5}""", "Invalid input: must be an object")]
    [InlineData("""{"tenantId":"t","input":{"bytes":1,"mimeType":"video/mp4"}}""", "Missing required field: input.originalFilename")]
    [InlineData("""{"tenantId":"t","input":{"originalFilename":"a.mp4","mimeType":"video/mp4"}}""", "Missing required field: input.bytes")]
    [InlineData("""{"tenantId":"t","input":{"originalFilename":"a.mp4","bytes":1}}""", "Missing required field: input.mimeType")]
    [InlineData("""{"tenantId":"t","input":{"originalFilename":"a.mp4","bytes":-1,"mimeType":"video/mp4"}}""", "Invalid input.bytes: must be a whole number, 0 or more")]
    [InlineData("""{"tenantId":"t","input":{"originalFilename":"a.mp4","bytes":1.5,"mimeType":"video/mp4"}}""", "Invalid input.bytes: must be a whole number, 0 or more")]
    [InlineData("""{"tenantId":"t","input":{"originalFilename":"a.mp4","bytes":1,"mimeType":"text/plain"}}""", "Invalid input.mimeType: must be video/* or audio/*")]
    [InlineData("""{"tenantId":"t","input":{"originalFilename":"a.mp4","bytes":1,"mimeType":"video/mp4","uploadedAt":"yesterday"}}""", "Invalid input.uploadedAt: must be a time such as 2025-09-25T12:34:56Z")]
    public async Task Create_Answers400_WithTheErrorsText(string body, string error)
    {
        var answer = await Post(body);
        Assert.Equal((HttpStatusCode.BadRequest, error), (answer.Status, answer.Text("error")));
    }

    [Theory]
    [InlineData("../../etc/passwd", "must not contain path separators")]
    [InlineData("a/b.mp4", "must not contain path separators")]
    [InlineData("a\\\\b.mp4", "must not contain path separators")]
    [InlineData("..", "must not contain '..'")]
    [InlineData("a..mp4", "must not contain '..'")]
    [InlineData("a\\u0000.mp4", "must not contain control characters")]
    [InlineData("a\\n.mp4", "must not contain control characters")]
    [InlineData("~root", "must not start like that")]
    [InlineData(".dispatcher-tmp-1.mp4", "must not start like that")]
    [InlineData("", "is empty")]
    public async Task Create_RefusesPathTricksInTheFilesName(string name, string fault)
    {
        var answer = await Post($$$"""{"tenantId":"t","input":{"originalFilename":"{{{name}}}","bytes":1,"mimeType":"video/mp4"}}""");
        Assert.Equal((HttpStatusCode.BadRequest, $"Invalid input.originalFilename: {fault}"), (answer.Status, answer.Text("error")));
        Assert.False(Directory.Exists(PathOf("dev/t")));
    }

    [Fact]
    public async Task Create_Answers409_WhenTheTenantUsesTheKeyAgain()
    {
        var first = await Post(Sample, ("x-idempotency-key", "order-1"));
        var second = await Post("""{"tenantId":"demo-tenant"}""", ("x-idempotency-key", "order-1"));
        var other = await Post("""{"tenantId":"other"}""", ("x-idempotency-key", "order-1"));

        Assert.Equal(HttpStatusCode.Conflict, second.Status);
        Assert.Equal($$"""{"error":"Duplicate create","jobId":"{{first.Text("jobId")}}","manifestKey":"{{first.Text("manifestKey")}}"}""", second.Content);
        Assert.Equal(HttpStatusCode.Created, other.Status);
    }

    [Fact]
    public async Task Create_RecordsTheKeyOnlyAfterSuccess()
    {
        Assert.Equal(HttpStatusCode.BadRequest, (await Post("""{"tenantId":"demo-tenant","input":{}}""", ("x-idempotency-key", "again"))).Status);
        Assert.Equal(HttpStatusCode.Created, (await Post(Sample, ("x-idempotency-key", "again"))).Status);
    }

    [Fact]
    public async Task Create_MakesOneJob_WhenAHundredAskAtOnceWithOneKey()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Post(Sample, ("x-idempotency-key", "once"))));

        var made = Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.All(answers.Where(answer => answer != made), answer =>
            Assert.Equal((HttpStatusCode.Conflict, made.Text("jobId"), made.Text("manifestKey")), (answer.Status, answer.Text("jobId"), answer.Text("manifestKey"))));
        Assert.Equal(made.Text("jobId"), Path.GetFileName(Assert.Single(Directory.GetDirectories(PathOf("dev/demo-tenant")))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("k\ty")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890x")]
    public async Task Create_RefusesAMalformedKey(string key)
    {
        var answer = await Post(Sample, ("x-idempotency-key", key));
        Assert.Equal((HttpStatusCode.BadRequest, "Invalid x-idempotency-key: 1 to 180 printable characters, once"), (answer.Status, answer.Text("error")));
    }

    [Fact]
    public async Task Create_Answers413_WhenTheBodyIsTooLarge()
    {
        var answer = await Post($$"""{"tenantId":"demo-tenant","more":"{{new string('x', 64 * 1024)}}"}""");
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "Request body is larger than 65536 bytes"), (answer.Status, answer.Text("error")));
    }

    [Fact]
    public async Task Create_Answers422_AndLeavesNothing_WhenTheTenantsWorkflowTakesNoSuchInput()
    {
        var definition = WorkflowDefinition.Parse("name: talk-avocado\nversion: 1\ninput: { type: object, required: [colour] }\nsteps: [ { id: a, uses: noop } ]");
        await Service.Engine.Node.Workflows.Register(definition, "demo-tenant");
        var answer = await Post(Sample);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Contains("colour", answer.Text("error"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(PathOf("dev/demo-tenant")));
    }

    [Fact]
    public async Task Create_Answers503_AndWhenToComeAgain_WhenTheServerCannotTakeJobs()
    {
        await Service.Engine.StopAsync(default);
        var answer = await Post(Sample);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1"), (answer.Status, answer.Headers.GetValues("Retry-After").Single()));
        Assert.NotEmpty(answer.Text("error"));
    }

    [Fact]
    public async Task Create_AnswersWithTheCorrelationId_GivenOrMade_AndRecordsIt()
    {
        var given = await Post(Sample, ("x-correlation-id", "talk-77"));
        Assert.Equal("talk-77", given.Headers.GetValues("x-correlation-id").Single());
        Assert.Equal("talk-77", (await StateOf(given.Text("jobId"))).Spec.CorrelationId);
        var made = await Post(Sample);
        Assert.Equal(made.Headers.GetValues("x-correlation-id").Single(), (await StateOf(made.Text("jobId"))).Spec.CorrelationId);
    }

    [Fact]
    public async Task Show_AnswersTheFieldsOfTheSample_WithPointersFromTheManifest()
    {
        await RegisterPipeline();
        var id = await Create(Sample);
        Assert.Equal(HttpStatusCode.OK, (await Api.Send(HttpMethod.Post, Own($"/jobs/{id}/start?tenantId=demo-tenant"))).Status);
        await Ended(id);

        var answer = await Show(id);
        var folder = $"dev/demo-tenant/{id}";
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(
            $$"""{"audio":"{{folder}}/audio/{{id}}.mp3","transcript":"{{folder}}/transcripts/transcript.json","plan":"{{folder}}/plan/cut_plan.json","renders":["{{folder}}/renders/preview.mp4"]}""",
            answer.At("artifacts").GetRawText());
        Assert.Equal((id, "demo-tenant", "completed", $"{folder}/manifest.json"), (answer.Text("jobId"), answer.Text("tenantId"), answer.Text("status"), answer.Text("manifestKey")));
        Assert.EndsWith("Z", answer.Text("updatedAt"), StringComparison.Ordinal);
        Assert.Equal(6, answer.Json.EnumerateObject().Count());
    }

    [Fact]
    public async Task Show_LeavesOutWhatIsNotThereYet()
    {
        var answer = await Show(await Create(Sample));
        Assert.Equal(("pending", "{}"), (answer.Text("status"), answer.At("artifacts").GetRawText()));
    }

    [Theory]
    [InlineData("", HttpStatusCode.BadRequest, "Missing required field: tenantId")]
    [InlineData("?tenantId=", HttpStatusCode.BadRequest, "Missing required field: tenantId")]
    [InlineData("?tenantId=UP", HttpStatusCode.BadRequest, "Invalid tenantId format")]
    [InlineData("?tenantId=other", HttpStatusCode.NotFound, "Job not found")]
    public async Task Show_RefusesAMissingWrongOrForeignTenant(string query, HttpStatusCode status, string error)
    {
        var id = await Create(Sample);
        var answer = await Api.Send(HttpMethod.Get, Own($"/jobs/{id}{query}"));
        Assert.Equal((status, error), (answer.Status, answer.Text("error")));
    }

    [Theory]
    [InlineData("0190163d-8694-739b-aea5-966c26f8ad91")]
    [InlineData("nonsense")]
    public async Task Show_Answers404_WhenThereIsNoSuchJob(string id)
    {
        var answer = await Show(id);
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"Job not found"}"""), (answer.Status, answer.Content));
    }

    [Fact]
    public async Task Show_Answers404_ForAJobOfTheGateway()
    {
        await Api.Register("name: plain\nversion: 1\nsteps: [ { id: a, uses: noop } ]");
        var id = await Api.Create("""{"workflow":"plain"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await Api.Send(HttpMethod.Get, Own($"/jobs/{id}?tenantId=default"))).Status);
    }

    [Fact]
    public async Task Show_SaysInvalidManifest_WhenSomebodyHasSpoiltIt()
    {
        var id = await Create(Sample);
        await File.WriteAllTextAsync(PathOf($"dev/demo-tenant/{id}/manifest.json"), """{"schemaVersion":"1.0.0"}""");
        var answer = await Show(id);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.Status);
        Assert.StartsWith("Invalid manifest: ", answer.Text("error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_MakesTheManifestAgain_WhenACrashHasLostIt()
    {
        var id = await Create(Sample);
        File.Delete(PathOf($"dev/demo-tenant/{id}/manifest.json"));
        Assert.Equal("pending", (await Show(id)).Text("status"));
        Assert.Equal("sample.mp4", Text(JsonNode.Parse(await File.ReadAllTextAsync(PathOf($"dev/demo-tenant/{id}/manifest.json")))!["input"]!, "originalFilename"));
    }

    [Fact]
    public async Task Status_IsThatOfTheJob_PendingProcessingCompleted()
    {
        await RegisterPipeline(waits: true);
        var id = await Create(Sample);
        Assert.Equal("pending", (await Show(id)).Text("status"));
        await Start(id);
        Assert.Equal("processing", (await Show(id)).Text("status"));
        _files.Release();
        await Ended(id);
        Assert.Equal("completed", (await Show(id)).Text("status"));
    }

    [Fact]
    public async Task Status_IsCancelled_AndTheManifestSaysSo()
    {
        var id = await Create("""{"tenantId":"default"}""");
        Assert.Equal(HttpStatusCode.OK, (await Api.Post($"/jobs/{id}/cancel", "{}")).Status);
        Assert.Equal("cancelled", (await Api.Send(HttpMethod.Get, Own($"/jobs/{id}?tenantId=default"))).Text("status"));
        Assert.Equal("cancelled", Text(JsonNode.Parse(await File.ReadAllTextAsync(PathOf($"dev/default/{id}/manifest.json")))!, "status"));
    }

    [Fact]
    public async Task Start_IsRefused_WhenTheJobHasEnded()
    {
        var id = await Create("""{"tenantId":"default"}""");
        await Api.Post($"/jobs/{id}/cancel", "{}");
        var answer = await Api.Send(HttpMethod.Post, Own($"/jobs/{id}/start?tenantId=default"));
        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
    }

    [Fact]
    public async Task Status_StaysProcessing_WhileAJobThatHasBegunIsPaused()
    {
        await RegisterPipeline(waits: true);
        var id = await Create(Sample);
        await Start(id);
        await Command(id, new JobCommand.Pause(new Principal("a", "test"), null, Service.Engine.Gateway.Now));
        Assert.Equal((JobStatus.Paused, "processing"), ((await StateOf(id)).Status, (await Show(id)).Text("status")));
        _files.Release();
        await Command(id, new JobCommand.Resume(new Principal("a", "test"), null, Service.Engine.Gateway.Now));
        await Ended(id);
        Assert.Equal("completed", (await Show(id)).Text("status"));
    }

    [Fact]
    public async Task Status_IsFailed_AndTheManifestSaysSo()
    {
        await Service.Engine.Node.Workflows.Register(WorkflowDefinition.Parse("name: talk-avocado\nversion: 1\nsteps: [ { id: a, uses: fail, retry: { max_attempts: 1 } } ]"), "demo-tenant");
        var id = await Create(Sample);
        await Start(id);
        await Ended(id);
        Assert.Equal("failed", (await Show(id)).Text("status"));
        Assert.Equal("failed", Text(JsonNode.Parse(await File.ReadAllTextAsync(PathOf($"dev/demo-tenant/{id}/manifest.json")))!, "status"));
    }

    /// <summary>What a step asks of people is no start of the job.</summary>
    [Fact]
    public async Task Start_ApprovesNoStep_OfAJobThatRuns()
    {
        await Service.Engine.Node.Workflows.Register(WorkflowDefinition.Parse("name: talk-avocado\nversion: 1\nsteps: [ { id: look, uses: approval } ]"), "demo-tenant");
        var id = await Create(Sample);
        using var events = Service.Engine.Node.Feed.Subscribe(JobId.Parse(id));
        await Start(id);
        while ((await StateOf(id)).Waits.Approvals == 0) await events.Messages.ReadAsync();

        await Start(id);

        var state = await StateOf(id);
        Assert.Equal((1, StepStatus.Running), (state.Waits.Approvals, state.Step("look").Status));
    }

    [Fact]
    public async Task LegacyMirror_IsOff_OnlyCanonicalKeysAreWritten()
    {
        await RegisterPipeline();
        var id = await Create(Sample);
        await Start(id);
        await Ended(id);
        var files = Directory.GetFiles(PathOf(""), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(PathOf(""), file)).Order(StringComparer.Ordinal);
        Assert.All(files, file => Assert.StartsWith($"dev/demo-tenant/{id}/", file, StringComparison.Ordinal));
    }

    private protected static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private protected Task<Answer> Post(string body, params (string Name, string Value)[] headers) => Send(HttpMethod.Post, "/jobs", body, headers);

    private protected async Task<string> Create(string body)
    {
        var answer = await Post(body);
        Assert.True(answer.Status == HttpStatusCode.Created, answer.ToString());
        return answer.Text("jobId");
    }

    private protected Task<Answer> Show(string id) => Api.Send(HttpMethod.Get, Own($"/jobs/{id}?tenantId=demo-tenant"));

    private async Task Start(string id) => Assert.Equal(HttpStatusCode.OK, (await Api.Send(HttpMethod.Post, Own($"/jobs/{id}/start?tenantId=demo-tenant"))).Status);

    private async Task Command(string id, JobCommand command) =>
        Assert.IsType<Dispatcher.JobActors.CommandReply.Done>(await Service.Engine.Gateway.Send(JobId.Parse(id), command, new Dispatcher.JobActors.CommandGuard("demo-tenant", null)));

    private protected async Task Ended(string id)
    {
        var ended = Service.Engine.Node.Feed.WhenEnded(JobId.Parse(id));
        if ((await StateOf(id)).Status.IsTerminal()) return;
        await ended;
    }

    private protected async Task<JobState> StateOf(string id) => (await Service.Engine.Gateway.Inspect(JobId.Parse(id)))!.State!;

    private protected string PathOf(string key) => Path.Combine(DataDirectory, "artifacts", key);

    /// <summary>The path as it is, not below /api/v1.</summary>
    private protected string Own(string path) => new Uri(Service.Address, path).ToString();

    private Task<Answer> Send(HttpMethod method, string path, string body, (string Name, string Value)[] headers) =>
        Api.Send(method, Own(path), new StringContent(body, System.Text.Encoding.UTF8, "application/json"), headers);

    private async Task RegisterPipeline(bool waits = false)
    {
        var definition = WorkflowDefinition.Parse($"name: talk-avocado\nversion: 1\nsteps: [ {{ id: work, uses: {MakesFiles.HandlerName}, with: {{ waits: {(waits ? "true" : "false")} }} }} ]");
        await Service.Engine.Node.Workflows.Register(definition, "demo-tenant");
    }
}
