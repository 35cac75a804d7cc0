using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Process.Tests.Contracts;

/// <summary>The yoga sample, killed at random instants in the middle of its work: every job ends, is billed once and is delivered once.</summary>
[Trait("Category", "Long")]
public sealed class KillYogaTests : IDisposable
{
    private const string Meter = "analysis-minutes";

    /// <summary>The recording whose job takes the longest way.</summary>
    private const string Longest = "good";

    /// <summary>What each playbook takes longer than it must: the other jobs are anywhere at the kill.</summary>
    private const int PauseMs = 100;

    /// <summary>For each kill the step that does not end before it, so that it never comes after the work.</summary>
    private static readonly string[] KillsAt = ["quality_check", "pose_assessment", "narration_script", "result_packager"];

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new();
    private readonly int _seed = Seed.Next();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task EverythingHappensOnce_WhenTheApplicationIsKilledOverAndOver()
    {
        var random = new Random(_seed);
        await using var line = Start("line", "--urls", "http://127.0.0.1:0", "--file", Path.Combine(_directory.Path, "line.jsonl"));
        var lineAddress = await AddressOf(line);
        await using (var record = Start("record", Path.Combine(_directory.Path, "recordings"), "7")) Assert.Equal(0, (await record.WaitForExit()).ExitCode);

        var jobs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var step in KillsAt)
        {
            await using var killed = StartApp(lineAddress, PauseMs, "--hold-at", $"yogacoach.{step}");
            var address = await AddressOf(killed);
            foreach (var (session, job) in await CreateAll(address))
            {
                // Whatever was killed: a session has its job, and keeps it.
                Assert.Equal(job, jobs.TryGetValue(session, out var before) ? before : jobs[session] = job);
            }

            await Wait.Until(async () => await StatusOf(jobs[Longest], step) == StepStatus.Running, () => $"{step} runs (seed {_seed})");
            await Wait.Instant(random.NextMilliseconds(2 * PauseMs));
            killed.Kill9();
            await killed.WaitForExit();
            Assert.Equal(StepStatus.Running, await StatusOf(jobs[Longest], step));
        }

        await using (var last = StartApp(lineAddress, pauseMs: 0))
        {
            var address = await AddressOf(last);
            Assert.Equal(jobs, new SortedDictionary<string, string>(await CreateAll(address), StringComparer.Ordinal));
            foreach (var job in jobs.Values) await Ended(address, job);
            last.Terminate();
            Assert.Equal(0, (await last.WaitForExit()).ExitCode);
        }

        await CheckWhatIsLeft(jobs.Values, JsonElement.Parse(await _client.GetByteArrayAsync($"{lineAddress}/messages")));
    }

    /// <summary>As the data directory has it.</summary>
    private async Task<StepStatus> StatusOf(string job, string step)
    {
        var record = (await Journal.Read(_directory.Data)).Single(record => record.Id.ToString() == job);
        var state = record.Decoded.Aggregate(JobState.Initial(record.Plan), (before, happened) => before.Evolve(happened));
        return state.Steps[record.Plan.Steps.Select(plan => plan.Id).ToList().IndexOf(step)].Status;
    }

    private async Task CheckWhatIsLeft(IReadOnlyCollection<string> jobs, JsonElement messages)
    {
        var records = await Journal.Read(_directory.Data);
        Assert.Equal(jobs.Order(StringComparer.Ordinal), records.Select(record => record.Id.ToString()).Order(StringComparer.Ordinal));
        await using var store = SqliteJobStore.OpenReadOnly(_directory.Data, NullLogger.Instance);
        var ledger = await store.ListQuotaEntries("default", Meter, null, 1000);
        var (charged, receipts, delivered) = (0L, new HashSet<string>(StringComparer.Ordinal), new List<string>());
        foreach (var record in records)
        {
            Assert.Equal(JobStatus.Completed, record.Row.Status);
            var output = record.Decoded.OfType<JobEvent.Completed>().Single().Output!.Value;
            var minutes = output.GetProperty("analysis_minutes").GetDecimal();
            charged += (long)decimal.Ceiling(minutes);
            // One hold and one charge for each job, and nothing else.
            Assert.Equal([QuotaEntryKind.Reserved, QuotaEntryKind.Committed], ledger.Where(entry => entry.Job == record.Id).OrderBy(entry => entry.Id).Select(entry => entry.Kind));
            Assert.Equal(minutes, ledger.Single(entry => entry.Job == record.Id && entry.Kind == QuotaEntryKind.Committed).Raw);
            // A step that has ended is never begun again.
            Assert.All(record.Decoded.OfType<JobEvent.StepCompleted>().GroupBy(completed => completed.Step, StringComparer.Ordinal), group => Assert.Single(group));
            foreach (var receipt in output.GetProperty("delivery").GetProperty("receipts").EnumerateArray())
            {
                Assert.True(receipts.Add(receipt.GetProperty("receipt_id").GetString()!), $"seed {_seed}: a receipt comes twice\n{record}");
                if (receipt.GetProperty("channel").GetString() == "line" && receipt.GetProperty("status").GetString() != "failed") delivered.Add(record.Id.ToString());
            }
        }

        var account = (await store.FindQuota("default", Meter, TimeProvider.System.GetUtcNow()))!;
        Assert.Equal((charged, 0, 0), (account.Used, account.Reserved, account.Overage));
        Assert.True(charged > 0, "Some recordings are billed.");
        Assert.Empty(await store.CheckQuotas(10));
        // Each message says in its link whose it is: one for each job that has a receipt of it, and no other.
        var told = messages.EnumerateObject().Select(message => records.Single(record => message.Value.GetRawText().Contains(record.Id.ToString(), StringComparison.Ordinal)).Id.ToString());
        Assert.Equal(delivered.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
        Assert.NotEmpty(delivered);
    }

    private DispatcherProcess Start(params string[] args) => DispatcherProcess.StartOther(
        Path.Combine(AppContext.BaseDirectory, "Yoga"), _directory.Path, new Dictionary<string, string?>(StringComparer.Ordinal), args);

    private DispatcherProcess StartApp(string line, int pauseMs, params string[] more) => Start(
        ["--urls", "http://127.0.0.1:0", "--data", _directory.Data, "--line-url", line, "--plan-minutes", "50", "--pause-ms", pauseMs.ToString(System.Globalization.CultureInfo.InvariantCulture), .. more]);

    private static async Task<string> AddressOf(DispatcherProcess process)
    {
        const string listening = "Now listening on: ";
        await process.WaitForText("Application started");
        var line = process.Out.Split('\n').First(line => line.Contains(listening, StringComparison.Ordinal));
        return line[(line.IndexOf(listening, StringComparison.Ordinal) + listening.Length)..].Trim();
    }

    /// <summary>A job for each recording; the job's id by its session.</summary>
    private async Task<Dictionary<string, string>> CreateAll(string address)
    {
        var jobs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_directory.Path, "recordings")).Order(StringComparer.Ordinal))
        {
            var session = Path.GetFileNameWithoutExtension(file);
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{address}/api/yogacoach/jobs") { Content = new ByteArrayContent(await File.ReadAllBytesAsync(file)) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add("x-session-id", session);
            using var answer = await _client.SendAsync(request);
            var body = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.OK, $"seed {_seed}: {answer.StatusCode} {body}");
            jobs[session] = JsonElement.Parse(body).GetProperty("job_id").GetString()!;
        }

        return jobs;
    }

    private async Task Ended(string address, string job)
    {
        var status = "";
        await Wait.Until(
            async () => JsonElement.Parse(status = await _client.GetStringAsync($"{address}/api/yogacoach/jobs/{job}/status")).GetProperty("status").GetString() is "completed" or "failed",
            () => $"the job {job} has ended (seed {_seed}): {status}");
    }
}
