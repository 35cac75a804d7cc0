using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>The sample application, as its README tells it: an upload, a report, and a kill in between.</summary>
public sealed class EmbeddedSampleTests : IDisposable
{
    private const string Csv = "region,product,pieces,price\nnorth,lamp,12,19.90\nsouth,lamp,7,21.50\n";

    /// <summary>So many columns that the work is not over before the kill, though the test may stand still for seconds: each takes its pause.</summary>
    private static readonly string WideCsv = $"{string.Join(',', Enumerable.Range(0, 30).Select(n => $"c{n}"))}\n{string.Join(',', Enumerable.Range(0, 30))}\n";

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Report_IsWritten_WhenAFileWasUploaded()
    {
        await using var process = Start(pauseMs: 0);
        var id = await Upload(await AddressOf(process), Csv);

        var report = await Ended(await AddressOf(process), id);

        Assert.Equal("completed", report.GetProperty("status").GetString());
        Assert.Contains("- **pieces**: 7 to 12, mean 9.5", report.GetProperty("report").GetString(), StringComparison.Ordinal);
        process.Terminate();
        Assert.Equal(0, (await process.WaitForExit()).ExitCode);
    }

    [Fact]
    public async Task Report_SaysWhatIsWrong_WhenTheFileIsNoCsv()
    {
        await using var process = Start(pauseMs: 0);
        var id = await Upload(await AddressOf(process), "a,b\n1\n");

        var report = await Ended(await AddressOf(process), id);

        Assert.Equal("failed", report.GetProperty("status").GetString());
        Assert.Contains("Line 2 has 1 fields", report.GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_IsWritten_WhenTheProcessWasKilledOnTheWay()
    {
        string id;
        await using (var killed = Start(pauseMs: 400))
        {
            id = await Upload(await AddressOf(killed), WideCsv);
            await Journal.WaitFor(_directory.Data, e => e is JobEvent.StepCompleted { Step: "summarise", Item: 1 }, "that two columns are done");
            killed.Kill9();
            await killed.WaitForExit();
        }

        await using var process = Start(pauseMs: 0);
        var report = await Ended(await AddressOf(process), id);

        Assert.Equal("completed", report.GetProperty("status").GetString());
        var job = await Journal.ReadOne(_directory.Data);
        Assert.All(job.Decoded.OfType<JobEvent.StepStarted>().Where(e => e is { Step: "summarise", Item: < 2 }), e => Assert.Equal(1, e.Attempt));
        Assert.Contains(job.Decoded, e => e is JobEvent.StepRetrying { Failure.Class: ErrorClass.WorkerLost });
    }

    private DispatcherProcess Start(int pauseMs) => DispatcherProcess.StartEmbedded(
        _directory.Path, "--urls", "http://127.0.0.1:0", "--data", _directory.Data, "--pause-ms", pauseMs.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static async Task<string> AddressOf(DispatcherProcess process)
    {
        const string listening = "Now listening on: ";
        await process.WaitForText("Application started");
        var line = process.Out.Split('\n').First(line => line.Contains(listening, StringComparison.Ordinal));
        return line[(line.IndexOf(listening, StringComparison.Ordinal) + listening.Length)..].Trim();
    }

    private async Task<string> Upload(string address, string csv)
    {
        using var answer = await _client.PostAsync($"{address}/reports?name=sales", new StringContent(csv));
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private async Task<JsonElement> Ended(string address, string id)
    {
        JsonElement report = default;
        await Wait.Until(
            async () =>
            {
                report = await _client.GetFromJsonAsync<JsonElement>($"{address}/reports/{id}");
                return report.GetProperty("status").GetString() is "completed" or "failed" or "cancelled";
            },
            () => $"the report {id} has ended: {report}");
        return report;
    }
}
