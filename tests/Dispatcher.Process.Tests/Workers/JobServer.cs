using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Tests.Shared;

namespace Dispatcher.Process.Tests.Workers;

/// <summary>A real <c>dispatcher serve</c> on a port of this machine, which can be killed and started again on the same port and data.</summary>
internal sealed class JobServer : IAsyncDisposable
{
    private const string Listens = "Dispatcher listens on ";

    /// <summary>One step for a worker: <c>{queue, task, data}</c> of the job's input say which; two attempts at the most.</summary>
    private static string Workflow(string lease) =>
        $$"""
        name: work
        version: 1
        steps:
          - id: run
            uses: worker
            retry: { max_attempts: 2, initial: 1ms }
            with: { queue: demo, task: "${input.task}", input: "${input.data}", heartbeat: {{lease}} }
        """;

    private readonly TemporaryDirectory _directory;
    private DispatcherProcess _process;

    private JobServer(TemporaryDirectory directory, DispatcherProcess process, string url) => (_directory, _process, Url) = (directory, process, url);

    public string Url { get; }

    public HttpClient Client { get; } = new();

    public string Data => _directory.Data;

    private string Gate => _directory.In("gate");

    /// <param name="lease">How long a worker may be silent. As long as no machine stalls, unless a test waits for its end.</param>
    public static async Task<JobServer> Start(string lease = "10m")
    {
        var directory = new TemporaryDirectory();
        var (process, url) = await Start(directory, LastingPort.TakeAddress().GetLeftPart(UriPartial.Authority));
        var server = new JobServer(directory, process, url) { Client = { BaseAddress = new Uri(url) } };
        using var body = new StringContent(Workflow(lease), System.Text.Encoding.UTF8, "application/yaml");
        using var registered = await server.Client.PutAsync("/api/v1/workflows/work/versions/1", body);
        Assert.True(registered.IsSuccessStatusCode, await registered.Content.ReadAsStringAsync());
        return server;
    }

    /// <summary>Power failure.</summary>
    public async Task Kill()
    {
        _process.Kill9();
        await _process.WaitForExit();
    }

    /// <summary>The next process, on the same port.</summary>
    public async Task StartAgain() => (_process, _) = await Start(_directory, Url);

    public async Task Stop()
    {
        _process.Terminate();
        await _process.WaitForExit();
    }

    public async Task<string> Submit(string task, object? data = null) =>
        (await Post("/api/v1/jobs", new { workflow = "work", input = new { task, data } })).GetProperty("id").GetString()!;

    public async Task<JsonElement> Post(string path, object body)
    {
        using var answer = await Client.PostAsJsonAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Makes a job whose task ends after <see cref="OpenGate"/> and not before, however slow the machine is.</summary>
    public Task<string> SubmitWaiting() => Submit("wait", new { file = Gate });

    public void OpenGate() => File.WriteAllText(Gate, "");

    /// <summary>Until this many jobs have ended, as the journal has them.</summary>
    public async Task<IReadOnlyList<JobRecord>> WhenEnded(int jobs)
    {
        await Wait.Until(async () => (await Journal.Read(Data)).Count(job => job.Row.Status.IsTerminal()) == jobs, () => $"{jobs} jobs have ended");
        return await Journal.Read(Data);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Client.Dispose();
        _directory.Dispose();
    }

    private static async Task<(DispatcherProcess, string Url)> Start(TemporaryDirectory directory, string url)
    {
        var process = DispatcherProcess.Start(directory.Path, "serve", "--data", directory.Data, "--urls", url);
        await process.WaitForText(Listens);
        var line = process.Error.Split('\n').First(line => line.StartsWith(Listens, StringComparison.Ordinal));
        return (process, line[Listens.Length..].Trim());
    }
}

/// <summary>A sample worker as its own process.</summary>
internal static class SampleWorker
{
    public const string Python = "python";
    public const string Node = "node";

    /// <summary>Starts the sample of that language on the queue <c>demo</c>; <c>started</c> is in its output when it has a task.</summary>
    public static DispatcherProcess Start(string language, JobServer server, string name = "w1", int concurrency = 4)
    {
        var (program, file) = language == Python ? ("python3", "python/worker.py") : ("node", "node/worker.mjs");
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DISPATCHER_URL"] = server.Url };
        var arguments = new[] { SampleFile(file), "--queue", "demo", "--name", name, "--concurrency", concurrency.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        return DispatcherProcess.StartOther(program, AppContext.BaseDirectory, environment, arguments);
    }

    private static string SampleFile(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "samples", "workers", name);
            if (File.Exists(path)) return path;
        }

        throw new InvalidOperationException($"samples/workers/{name} is not above the tests.");
    }
}
