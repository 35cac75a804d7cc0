using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Providers;
using Dispatcher.Steps.Providers.Http;
using Dispatcher.Web.Access;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Dispatcher.Workflows;
using Microsoft.Extensions.DependencyInjection;
using Provider;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>
/// A service with the contract switched on, the workflow of samples/scenes, and the sample's provider over real HTTP, which makes small files instead of clips; these are joined by a
/// step of the test. Times are short, and each class may choose other ones.
/// </summary>
public abstract class CoordinatorTest : ServiceTest
{
    protected const string Campaign = "0b6e2c52-2a5e-4a39-9a9c-5f6f3a2d1c00";
    protected const string Root = "/api/v3";

    private readonly TemporaryDirectory _provided = new();
    private readonly List<HttpPredictionProvider> _clients = [];

    private protected ProviderService Provider { get; private set; } = null!;

    /// <summary>Speaks to the contract's paths, which the OpenAPI document leaves out.</summary>
    private protected Api Coordinator { get; set; } = null!;

    private protected ProviderSignals Signals { get; } = new();

    private protected ProbeConcat Concat { get; } = new();

    private protected virtual ProviderOptions Patience => new() { PollInitial = TimeSpan.FromMilliseconds(20), PollMax = TimeSpan.FromMilliseconds(50), MaxPolls = 2000 };

    private protected virtual StageLimits RenderLimits => new() { MaxConcurrency = 4 };

    public override async Task InitializeAsync()
    {
        Provider = await StartProvider();
        await base.InitializeAsync();
        LayImages("default", Campaign, "a.jpg", "b.jpg", "c.png", "d.jpg", "notes.txt");
        Coordinator = NewApi();
    }

    public override async Task DisposeAsync()
    {
        Coordinator.Dispose();
        await base.DisposeAsync();
        foreach (var client in _clients) client.Dispose();
        await Provider.DisposeAsync();
        _provided.Dispose();
    }

    protected override void Configure(DispatcherOptions options)
    {
        options.Contracts.Add(Contract.WorkflowCoordinator);
        options.FilesDirectory = Path.Combine(DataDirectory, "laid");
        options.Node = options.Node with { StageLimits = name => name == "render" ? RenderLimits : new StageLimits(), ProgressInterval = TimeSpan.Zero };
        var client = new HttpPredictionProvider(new HttpProviderOptions { Url = Provider.Address, FilesDirectory = options.FilesDirectory }, TimeProvider.System);
        _clients.Add(client);
        options.Handlers.Add(new ProviderStepHandler("provider.prediction", client, Patience, Signals));
        options.Handlers.Add(Concat);
        options.Handlers.Add(new ProbeProcess());
        options.Workflows.Add(WorkflowDefinition.Parse(File.ReadAllText(Sample("scenes/coordinator.yaml")), "coordinator.yaml"));
    }

    protected override void ConfigureServices(IServiceCollection services) => services.AddSingleton(Signals);

    private protected Api NewApi(string? key = null)
    {
        var client = new HttpClient { BaseAddress = Service.Address };
        if (key is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return new Api(client);
    }

    /// <summary>An API with an admin's key of a tenant.</summary>
    private protected async Task<Api> ApiOf(string tenant)
    {
        var made = await Service.Json(HttpMethod.Post, "/api/v1/keys", Service.Services.GetRequiredService<OperatorKey>().Text, new { tenant, roles = new[] { "admin" } }, HttpStatusCode.Created);
        return NewApi(made.GetProperty("key").GetString());
    }

    private protected Task<ProviderService> StartProvider() => ProviderService.Start(new ProviderSettings { DataDirectory = _provided.Path, WithFfmpeg = false });

    /// <summary>Lays images of a campaign ready; their content is their name.</summary>
    private protected void LayImages(string tenant, string campaign, params string[] names)
    {
        var folder = Path.Combine(DataDirectory, "laid", tenant, "campaigns", campaign);
        Directory.CreateDirectory(folder);
        foreach (var name in names) File.WriteAllText(Path.Combine(folder, name), name);
    }

    /// <summary>Makes a job of image pairs; its number.</summary>
    private protected async Task<long> Create(string more = "", int pairs = 3)
    {
        var answer = await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}","num_pairs":{{pairs}}{{more}}}""");
        Assert.True(answer.Status == HttpStatusCode.Created, answer.ToString());
        return answer.Number("job_id");
    }

    private protected async Task Approve(long number)
    {
        var answer = await Coordinator.Post($"{Root}/jobs/{number}/approve");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.ToString());
    }

    private protected Task<Answer> Job(long number) => Coordinator.Get($"{Root}/jobs/{number}");

    private protected Task<Answer> Scenes(long number) => Coordinator.Get($"{Root}/jobs/{number}/scenes");

    private protected async Task<string> SceneId(long number, int index) => (await Scenes(number)).Text($"scenes.{index}.id");

    /// <summary>The engine's jobs of a number, newest revision first.</summary>
    private protected async Task<IReadOnlyList<string>> EngineJobs(long number) =>
        [.. (await Api.Get($"/jobs?label=coordinator_job={number.ToString(CultureInfo.InvariantCulture)}")).At("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString()!)];

    /// <summary>Waits until the newest revision has ended; the contract's job then.</summary>
    private protected async Task<Answer> Ended(long number)
    {
        await UntilThat((await EngineJobs(number))[0], job => job.Text("status") is "completed" or "failed" or "cancelled", "ended");
        return await Job(number);
    }

    /// <summary>Waits until the contract shows a job as it should be.</summary>
    private protected async Task<Answer> UntilJob(long number, Func<Answer, bool> isSo)
    {
        using var events = Service.Engine.Node.Feed.Subscribe();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var answer = await Job(number);
            if (isSo(answer)) return answer;
            await events.Messages.ReadAsync(limit.Token);
        }
    }

    /// <summary>Waits until a scene stands so.</summary>
    private protected Task<Answer> UntilScene(long number, int index, string status) => UntilScenes(number, scenes => scenes.Text($"scenes.{index}.status") == status);

    /// <summary>Waits until the contract shows the scenes as they should be.</summary>
    private protected async Task<Answer> UntilScenes(long number, Func<Answer, bool> areSo)
    {
        using var events = Service.Engine.Node.Feed.Subscribe();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var answer = await Scenes(number);
            if (areSo(answer)) return answer;
            await events.Messages.ReadAsync(limit.Token);
        }
    }

    private protected async Task<long> Completed(string more = "", int pairs = 3)
    {
        var number = await Create(more, pairs);
        await Approve(number);
        var ended = await Ended(number);
        Assert.True(ended.Text("status") == "completed", ended.ToString());
        return number;
    }

    private protected static void AssertError(Answer answer, HttpStatusCode status, string error)
    {
        Assert.True(answer.Status == status, answer.ToString());
        Assert.Equal(error, answer.Text("error"));
    }

    private protected static string Sample(string name, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "..", "samples", name));
}

/// <summary><c>media.concat</c>: joins files byte by byte, or fails when it is told to.</summary>
internal sealed class ProbeConcat : IStepHandler
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "media.concat";

    public JsonSchema? With => null;

    public Failure? Failure { get; set; }

    /// <summary>Joins only when the test lets it.</summary>
    public bool Waits { get; set; }

    public void Release() => _open.TrySetResult();

    public async ValueTask<StepResult> Run(StepContext context)
    {
        if (Waits) await _open.Task.WaitAsync(context.Cancellation);
        if (Failure is { } failure) throw new StepFailedException(failure);
        var text = new StringBuilder();
        var parts = context.With!.Value.GetProperty("segments").EnumerateArray().Where(part => part.ValueKind == JsonValueKind.Object).ToList();
        foreach (var part in parts) text.Append(await File.ReadAllTextAsync(context.Artifacts.PathOf(part.GetProperty("path").GetString()!)));
        var file = await context.Artifacts.Write(context.With.Value.GetProperty("output").GetString()!, "final", Encoding.UTF8.GetBytes(text.ToString()), context.Cancellation);
        return new StepResult.Completed(JsonSerializer.SerializeToElement(new { path = file.Path, segments = parts.Count }), [file]);
    }
}

/// <summary><c>process.run</c>: leaves what its step declares.</summary>
internal sealed class ProbeProcess : IStepHandler
{
    public string Name => "process.run";

    public JsonSchema? With => null;

    public async ValueTask<StepResult> Run(StepContext context)
    {
        foreach (var declared in context.Declared) await context.Artifacts.Write(declared.Path, declared.Name, "a picture"u8.ToArray(), context.Cancellation);
        return StepResult.Completed.Empty;
    }
}
