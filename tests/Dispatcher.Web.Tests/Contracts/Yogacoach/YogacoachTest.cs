using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers.Channels;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Yoga;
using Yoga.Recordings;
using Yoga.Steps;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach;

/// <summary>A service that keeps the contract of yogacoach, with the sample's playbooks and its stand-in for LINE, for each test.</summary>
public abstract class YogacoachTest : IAsyncLifetime
{
    private protected const string Jobs = "/api/yogacoach/jobs";
    private protected const string Quota = "/api/yogacoach/quota";
    private protected const string Meter = "analysis-minutes";
    private protected const string Upgrade = "https://example.test/upgrade";

    /// <summary>The example of the document, word by word.</summary>
    private protected const string Example = """{"payload_type":"keypoints","payload":{"keypoints_data":{}},"callback_config":{"channel":"web","user_id":"user-123"},"pipeline_version":"v1.2.0"}""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Dictionary<string, string> Recorded = new(StringComparer.Ordinal);

    private readonly TemporaryDirectory _directory = new();
    private WebApplication _line = null!;
    private HttpClient _client = null!;

    private protected TestService Service { get; private set; } = null!;

    private protected BlockHandler Block { get; } = new();

    /// <summary>What the stand-in for LINE is started with.</summary>
    private protected virtual string[] LineOptions => [];

    public virtual async Task InitializeAsync()
    {
        _line = LineStandIn.Build(["--urls", "http://127.0.0.1:0", "--file", Path.Combine(_directory.Path, "line.jsonl"), .. LineOptions]);
        await _line.StartAsync();
        await Start(withBlock: true);
        await SetPlan(100);
    }

    /// <summary>Another process, as it were, on the same data directory.</summary>
    /// <param name="withBlock">False: it has no handler <c>test.block</c>.</param>
    private protected async Task Restart(bool withBlock = true)
    {
        _client.Dispose();
        await Service.DisposeAsync();
        await Start(withBlock);
        await Service.Engine.Recovered;
    }

    private async Task Start(bool withBlock)
    {
        var line = _line.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Service = await TestService.Start(
            Path.Combine(_directory.Path, "data"),
            options =>
            {
                options.Contracts.Add(Contract.Yogacoach);
                options.Node = options.Node with { DrainTimeout = TimeSpan.Zero };
                if (withBlock) options.Handlers.Add(Block);
                Configure(options);
            },
            services => ConfigureServices(services.AddYoga(new YogaOptions(), new LineOptions(new Uri(line), "a-token"), new Pace(TimeSpan.Zero))));
        _client = new HttpClient { BaseAddress = Service.Address };
    }

    public virtual async Task DisposeAsync()
    {
        _client.Dispose();
        await Service.DisposeAsync();
        await _line.DisposeAsync();
        _directory.Dispose();
    }

    private protected virtual void Configure(DispatcherOptions options)
    {
    }

    private protected virtual void ConfigureServices(IServiceCollection services)
    {
    }

    /// <summary>A request for a job, as the sample's recorder makes it: made once a scene, since chance costs time.</summary>
    private protected static string Request(string scene, string channel = "web", string user = "user-123", string version = "v1.2.0")
    {
        string recording;
        lock (Recorded)
        {
            if (!Recorded.TryGetValue(scene, out recording!))
                Recorded[scene] = recording = JsonSerializer.Serialize(Recorder.Record(Scenes.All[scene], 7), Dispatcher.Steps.Functions.StepJson.Options);
        }

        return $$$"""{"payload_type":"keypoints","payload":{"keypoints_data":{{{recording}}}},"callback_config":{"channel":"{{{channel}}}","user_id":"{{{user}}}"},"pipeline_version":"{{{version}}}"}""";
    }

    /// <summary>A request for a job, of a recording that lasts so many seconds: a nose, at thirty frames a second and with timestamps in milliseconds, as cameras have them.</summary>
    private protected static string RequestOf(double seconds, string version)
    {
        const int fps = 30;
        var frames = Enumerable.Range(0, (int)Math.Round(seconds * fps)).Select(i =>
            string.Create(CultureInfo.InvariantCulture, $$"""{"frame_id":{{i}},"timestamp":{{Math.Round((double)i / fps, 3)}},"keypoints":{"nose":{"x":1,"y":2,"confidence":1} } }"""));
        return Example.Replace("{\"keypoints_data\":{}}", $"{{\"keypoints_data\":[{string.Join(',', frames)}]}}", StringComparison.Ordinal).Replace("v1.2.0", version, StringComparison.Ordinal);
    }

    /// <summary>A workflow of another pipeline version: a step that waits until <see cref="Block"/> lets it go.</summary>
    private protected async Task<string> RegisterBlocked(string version = "v0.0.1", string more = "")
    {
        using var api = new Api(Service.Client());
        await api.Register($$"""
            name: yogacoach-{{version.Replace('.', '-')}}
            version: 1
            {{more}}
            quota: { meter: analysis-minutes, estimate: "${input.estimated_billable_minutes}", actual: 1 }
            steps:
              - { id: wait, uses: test.block }
              - { id: after, uses: noop, needs: [wait] }
            """);
        return version;
    }

    private protected Task<Answer> Create(string json, string session = "session-1", params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, Jobs, json, [("x-session-id", session), .. headers]);

    private protected async Task<string> Created(string json, string session = "session-1")
    {
        var answer = await Create(json, session);
        Assert.True(answer.Status == HttpStatusCode.Accepted, answer.ToString());
        return answer.Text("job_id");
    }

    private protected Task<Answer> Status(string id, params (string Name, string Value)[] headers) => Send(HttpMethod.Get, $"{Jobs}/{id}/status", null, headers);

    private protected Task<Answer> Guard(string json) => Send(HttpMethod.Post, Quota, json);

    private protected async Task<Answer> Send(HttpMethod method, string path, string? json, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")) };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _client.SendAsync(request);
        return new Answer(response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>The status of a job that has ended.</summary>
    private protected async Task<Answer> Ended(string id)
    {
        using var limit = new CancellationTokenSource(Patience);
        await Service.Services.GetRequiredService<IDispatcherClient>().WhenEnded(JobId.Parse(id), limit.Token);
        return await Status(id);
    }

    /// <summary>The status of a job that was made and has ended.</summary>
    private protected async Task<Answer> Run(string json, string session = "session-1") => await Ended(await Created(json, session));

    private protected async Task SetPlan(long minutes, string tenant = "default", string? upgrade = Upgrade) =>
        Assert.True((await Service.Engine.Quota.SetPlan(tenant, Meter, new QuotaPlan("basic", minutes, upgrade))).IsSet);

    private protected async Task<QuotaAccount> Account(string tenant = "default") => (await Service.Engine.Quota.Find(tenant, Meter))!;

    private protected ValueTask<IReadOnlyList<QuotaEntry>> Ledger(string tenant = "default") => Service.Engine.Quota.Ledger(tenant, Meter, null, 1000);

    private protected async Task<JobState> State(string id) => (await Service.Services.GetRequiredService<IDispatcherClient>().Find(JobId.Parse(id)))!;

    /// <summary>A key of another tenant, as a header, with the pipeline in that tenant's registry.</summary>
    private protected async Task<(string Name, string Value)> OtherTenant(string tenant, string role = "submitter")
    {
        var byOperator = Service.Services.GetRequiredService<OperatorKey>().Text;
        await Service.Engine.Node.Workflows.Register(Yoga.YogaService.Pipeline, tenant);
        var made = await Service.Json(HttpMethod.Post, "/api/v1/keys", byOperator, new { tenant, roles = new[] { role } }, HttpStatusCode.Created);
        return ("Authorization", $"Bearer {made.GetProperty("key").GetString()}");
    }

    /// <summary>What the stand-in for LINE has taken, in the order of retry keys.</summary>
    private protected async Task<IReadOnlyList<JsonElement>> LineMessages()
    {
        var address = _line.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var client = new HttpClient();
        return [.. JsonElement.Parse(await client.GetByteArrayAsync(address + "/messages")).EnumerateObject().Select(message => message.Value)];
    }
}
