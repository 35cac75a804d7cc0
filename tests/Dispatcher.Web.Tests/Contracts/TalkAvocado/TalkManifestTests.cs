using System.Net;
using System.Text.Json.Nodes;
using Dispatcher.Steps;
using Dispatcher.Steps.Handlers.Media;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.TalkAvocado;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Callbacks;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Tests.Contracts.TalkAvocado;

/// <summary>What the manifest says when nobody has asked for it, and whatever others do. Jobs start at once.</summary>
public sealed class TalkManifestTests : ServiceTest
{
    private readonly ReadsVideo _reads = new();

    protected override void Configure(DispatcherOptions options)
    {
        options.Contracts.Add(Contract.TalkAvocado);
        options.TalkAvocado = new TalkAvocadoOptions { StartOnCreate = true };
        options.Handlers.Add(_reads);
    }

    [Fact]
    public async Task Status_IsWritten_WithoutAnybodyAsking()
    {
        var id = await Create();
        await Until(id, "completed");
        await UntilWritten(id);
    }

    [Fact]
    public async Task FirstStep_FindsTheVideo_HoweverSoonItRuns()
    {
        await RegisterPipeline();
        var id = await Create();
        Assert.Equal("sample.mp4", (await Until(id, "completed")).Text("output.video"));
    }

    /// <summary>Anybody may give a job the contract's label.</summary>
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"inputKey":5,"source":7}""")]
    [InlineData("""{"inputKey":"dev/default/x/input/a.mp4","jobId":"0190163d-8694-739b-aea5-966c26f8ad91"}""")]
    public async Task AStrangersJob_IsNone_AndStopsNobodyFromFollowing(string input)
    {
        await Api.Register("name: plain\nversion: 1\nsteps: [ { id: a, uses: noop } ]");
        var stranger = await Api.Create($$"""{"workflow":"plain","labels":{"contract":"talk-avocado"},"input":{{input}}}""");
        await Until(stranger, "completed");
        var id = await Create();
        await Until(id, "completed");

        Assert.Equal(HttpStatusCode.NotFound, (await Api.Send(HttpMethod.Get, Own($"/jobs/{stranger}?tenantId=default"))).Status);
        await UntilWritten(id);
        Assert.False(File.Exists(PathOf(stranger)));
    }

    [Fact]
    public async Task Show_PutsBackWhatTheJobKnows_WhenTheManifestHasLostIt()
    {
        var id = await Create();
        await Until(id, "completed");
        await UntilWritten(id);
        var manifest = await Manifest(id);
        foreach (var lost in new[] { "input", "sourceVideoKey" }) manifest.Remove(lost);
        manifest["audio"] = new JsonObject { ["key"] = "a.mp3", ["codec"] = "mp3" };
        await File.WriteAllTextAsync(PathOf(id), manifest.ToJsonString());

        var shown = await Api.Send(HttpMethod.Get, Own($"/jobs/{id}?tenantId=default"));

        Assert.Equal(("completed", "a.mp3"), (shown.Text("status"), shown.Text("artifacts.audio")));
        var mended = await Manifest(id);
        Assert.Equal(($"dev/default/{id}/input/sample.mp4", "sample.mp4"), (mended["sourceVideoKey"]!.GetValue<string>(), mended["input"]!["originalFilename"]!.GetValue<string>()));
    }

    private async Task<string> Create()
    {
        var body = new StringContent("""{"tenantId":"default","input":{"originalFilename":"sample.mp4","bytes":1,"mimeType":"video/mp4"}}""", System.Text.Encoding.UTF8, "application/json");
        var made = await Api.Send(HttpMethod.Post, Own("/jobs"), body);
        Assert.True(made.Status == HttpStatusCode.Created, made.ToString());
        return made.Text("jobId");
    }

    private async Task RegisterPipeline()
    {
        var definition = WorkflowDefinition.Parse($"name: talk-avocado\nversion: 1\nsteps: [ {{ id: look, uses: {_reads.Name} }} ]\noutput: {{ video: \"${{steps.look.output}}\" }}");
        await Service.Engine.Node.Workflows.Register(definition, "default");
    }

    private string PathOf(string id) => Path.Combine(DataDirectory, "artifacts", "dev", "default", id, "manifest.json");

    private async Task<JsonObject> Manifest(string id) => JsonNode.Parse(await File.ReadAllTextAsync(PathOf(id)))!.AsObject();

    /// <summary>The end stands in the manifest. Its follower hears of it a moment after the store has it, and writes nothing more then.</summary>
    private Task UntilWritten(string id) => Poll.Until(() => Manifest(id), manifest => manifest["status"]!.GetValue<string>() == "completed");

    private string Own(string path) => new Uri(Service.Address, path).ToString();

    /// <summary>A first step: tells the video's name as the manifest has it.</summary>
    private sealed class ReadsVideo : IStepHandler
    {
        public string Name => "test.reads-video";

        public JsonSchema? With => null;

        public async ValueTask<StepResult> Run(StepContext context)
        {
            var manifest = await new ManifestFile(context.Artifacts).Read(context.Cancellation);
            return new StepResult.Completed(System.Text.Json.JsonSerializer.SerializeToElement(manifest["input"]!["originalFilename"]!.GetValue<string>()), []);
        }
    }
}
