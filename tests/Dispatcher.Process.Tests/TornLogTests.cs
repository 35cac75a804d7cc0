using Dispatcher.Jobs;
using Dispatcher.Process.Tests.Support;
using Xunit.Abstractions;

namespace Dispatcher.Process.Tests;

/// <summary>The machine stopped while SQLite's log was being written: its last bytes are missing or garbage.</summary>
public sealed class TornLogTests(ITestOutputHelper log) : IDisposable
{
    /// <summary>What one append of a job of naps holds at most: a completion, the next start, and its sleep.</summary>
    private const int EventsOfAnAppend = 3;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Job_GoesOnWithoutItsLastWrite_WhenTheTailIsTorn()
    {
        var seed = Seed.Next();
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        // It cannot have ended, and tidied up its log, before the kill comes.
        var flag = _directory.In("flag");
        var workflow = _directory.Write("naps.yaml", SmallWorkflows.NapsUntilThereIs(flag, 20, 50));
        await using (var host = DispatcherProcess.Start(_directory.Path, SmallWorkflows.AllowShell, "run", workflow, "--data", _directory.Data))
        {
            var nap = $"nap{random.Next(3, 10)}";
            await Journal.WaitFor(_directory.Data, e => e is JobEvent.StepStarted started && started.Step == nap, $"{nap} starts");
            host.Kill9();
            await host.WaitForExit();
        }

        await File.WriteAllTextAsync(flag, "");
        // One frame of the log has a page and a header; the last bytes are of the last frame, so only the last write is lost.
        foreach (var (cut, bytes) in ((bool, int)[])[(true, 1), (true, random.Next(2, 4000)), (false, random.Next(1, 4000))])
        {
            var copy = _directory.In($"copy-{(cut ? "cut" : "garbled")}-{bytes}");
            Copy(_directory.Data, copy);
            var whole = await Journal.ReadOne(copy);
            Tear(copy, cut, bytes, random);
            var torn = await Journal.ReadOne(copy);
            Assert.Equal(whole.Events.Take(torn.Events.Count).Select(e => (e.Ordering, e.Type)), torn.Events.Select(e => (e.Ordering, e.Type)));
            Assert.InRange(whole.Events.Count - torn.Events.Count, 1, EventsOfAnAppend);

            var result = await DispatcherProcess.Run(_directory.Path, SmallWorkflows.AllowShell, "resume", "--data", copy);
            Assert.True(result.ExitCode == 0, $"seed {seed}: {result.All}");
            var ended = (await JournalChecker.AssertHolds(copy, context: $"seed {seed}"))[0];
            Assert.Equal(JobStatus.Completed, ended.Row.Status);
            Assert.Equal(torn.Events.Select(e => e.Ordering), ended.Events.Take(torn.Events.Count).Select(e => e.Ordering));
        }
    }

    [Fact]
    public async Task Mix_KeepsAllThatWasAcknowledgedBeforeTheTear_WhenTheTailIsTorn()
    {
        var seed = Seed.Next();
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string output;
        await using (var mix = DispatcherProcess.StartMix(_directory.Path, 60, stays: true))
        {
            await mix.WaitForCommitted(random.Next(10, 200));
            mix.Kill9();
            output = (await mix.WaitForExit()).Out;
        }

        var acknowledged = output.Split('\n').Select(line => line.Split(' ')).Where(words => words is ["accepted", _, { Length: 36 }]).Select(words => words[2]).ToList();
        var whole = (await Journal.Read(_directory.Data)).SelectMany(job => job.Events.Select(e => (e.Ordering, job.Id))).Order().ToList();
        Tear(_directory.Data, cut: random.Next(2) == 0, random.Next(1, 4000), random);
        var torn = await JournalChecker.AssertHolds(_directory.Data, mustHaveEnded: false, context: $"seed {seed}");
        var kept = torn.SelectMany(job => job.Events.Select(e => (e.Ordering, job.Id))).Order().ToList();
        // Nothing is lost when the last write had no event, such as a job's place in the lists.
        Assert.Equal(whole.Take(kept.Count), kept);
        var lost = whole.Skip(kept.Count).Select(entry => entry.Id.ToString()).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(acknowledged.Where(id => !lost.Contains(id)).Except(torn.Select(job => job.Id.ToString()), StringComparer.Ordinal));

        await using var last = DispatcherProcess.StartMix(_directory.Path, 60);
        var result = await last.WaitForExit();
        Assert.True(result.ExitCode == 0, $"seed {seed}: {result.All}");
        Assert.Equal(60, (await JournalChecker.AssertHolds(_directory.Data, torn.Select(job => job.Id.ToString()), context: $"seed {seed}")).Count);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var name in (string[])["dispatcher.db", "dispatcher.db-wal"]) File.Copy(Path.Combine(from, name), Path.Combine(to, name));
    }

    private static void Tear(string dataDirectory, bool cut, int bytes, Random random)
    {
        // The index of the log belongs to the log as it was; after a crash of the machine there is none.
        File.Delete(Path.Combine(dataDirectory, "dispatcher.db-shm"));
        using var file = new FileStream(Path.Combine(dataDirectory, "dispatcher.db-wal"), FileMode.Open);
        if (cut)
        {
            file.SetLength(file.Length - bytes);
            return;
        }

        var garbage = new byte[bytes];
        random.NextBytes(garbage);
        file.Seek(-bytes, SeekOrigin.End);
        file.Write(garbage);
    }
}
