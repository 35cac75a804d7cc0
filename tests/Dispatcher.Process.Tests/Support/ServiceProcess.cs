using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dispatcher.Process.Tests.Support;

/// <summary><c>dispatcher serve</c> as a process of its own on a free port of this machine, with a client that speaks to it.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private static readonly string[] EndStates = ["completed", "failed", "cancelled"];

    private ServiceProcess(DispatcherProcess process, Uri address)
    {
        Process = process;
        Client = new HttpClient { BaseAddress = address, Timeout = Wait.Limit };
    }

    public DispatcherProcess Process { get; }

    public HttpClient Client { get; }

    /// <summary>Starts it, and returns when it listens.</summary>
    /// <param name="data">Its data directory.</param>
    /// <param name="config">Settings of its own, written into the working directory.</param>
    /// <param name="address">Where it listens when it is to come back there, of <see cref="Dispatcher.Tests.Shared.LastingPort"/>; at any free port if absent.</param>
    /// <param name="environment">Variables of its own.</param>
    public static async Task<ServiceProcess> Start(string workingDirectory, string data, string? config = null, Uri? address = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        string[] more = [];
        if (config is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(workingDirectory, "serve.conf"), config);
            more = ["--config", "serve.conf"];
        }

        var process = DispatcherProcess.Start(workingDirectory, environment ?? new Dictionary<string, string?>(StringComparer.Ordinal), ["serve", "--data", data, "--urls", address?.GetLeftPart(UriPartial.Authority) ?? "http://127.0.0.1:0", .. more]);
        await process.WaitForText("Dispatcher listens on ");
        return new ServiceProcess(process, new Uri(Address().Match(process.Error).Groups["url"].Value));
    }

    /// <summary>Waits until everything that was interrupted goes on.</summary>
    public Task WhenReady() => Wait.Until(
        async () =>
        {
            using var answer = await Client.GetAsync("/health/ready");
            return answer.IsSuccessStatusCode;
        },
        () => "the service is ready");

    public async Task Register(string name, string yaml)
    {
        using var content = new StringContent(yaml, System.Text.Encoding.UTF8, "application/yaml");
        using var answer = await Client.PutAsync($"/api/v1/workflows/{name}/versions/1", content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Makes a job; the whole answer.</summary>
    public Task<HttpResponseMessage> TrySubmit(object job) => Client.PostAsJsonAsync("/api/v1/jobs", job);

    /// <summary>Makes a job; its id.</summary>
    public async Task<string> Submit(object job)
    {
        using var answer = await TrySubmit(job);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == System.Net.HttpStatusCode.Created, $"{(int)answer.StatusCode} {text}");
        return JsonElement.Parse(text).GetProperty("id").GetString()!;
    }

    /// <summary>The job when it has ended.</summary>
    public async Task<JsonElement> Ended(string id)
    {
        JsonElement job = default;
        await Wait.Until(
            async () =>
            {
                job = await Client.GetFromJsonAsync<JsonElement>($"/api/v1/jobs/{id}");
                return EndStates.Contains(job.GetProperty("status").GetString());
            },
            () => $"the job has ended: {job}");
        return job;
    }

    /// <summary>Asks it to end, and waits until it has.</summary>
    public async Task<ProcessResult> Terminate()
    {
        Process.Terminate();
        return await Process.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
    }

    [GeneratedRegex("Dispatcher listens on (?<url>http://[^\\s\"]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
