using System.Text.Json;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>The service's log as machines read it.</summary>
public sealed class JsonLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EveryLine_IsOneObject_AndNamesTenantAndCorrelation_WhereItNamesAJob()
    {
        string good, bad, named;
        ProcessResult result;
        await using (var service = await ServiceProcess.Start(_directory.Path, _directory.Data, "dispatcher.logging { format = json, level = trace }"))
        {
            await service.Register("good", "name: good\nversion: 1\nsteps: [ { id: a, uses: noop, for_each: [1, 2] }, { id: b, uses: delay, with: { duration: 5ms }, needs: [a] } ]");
            await service.Register("bad", "name: bad\nversion: 1\nsteps: [ { id: a, uses: fail, with: { message: \"no \\\"good\\\" codec\" }, retry: { max_attempts: 2, initial: 1ms } } ]");
            good = await service.Submit(new { workflow = "good" });
            bad = await service.Submit(new { workflow = "bad", correlation_id = "order 7" });
            service.Client.DefaultRequestHeaders.Add("x-correlation-id", "from-the-header");
            named = await service.Submit(new { workflow = "good" });
            foreach (var id in new[] { good, bad, named }) await service.Ended(id);
            result = await service.Terminate();
        }

        Assert.Equal(0, result.ExitCode);
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        Assert.All(lines, line =>
        {
            Assert.Matches(@"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$", Text(line, "timestamp"));
            Assert.Contains(Text(line, "level"), new[] { "trace", "debug", "info", "warning", "error" });
            Assert.NotNull(Text(line, "message"));
            Assert.True(line.TryGetProperty("event_id", out _));
        });
        var ofJobs = lines.Where(line => line.TryGetProperty("job_id", out _)).ToList();
        Assert.All(ofJobs, line => Assert.Equal("default", Text(line, "tenant_id")));
        Assert.All(ofJobs, line => Assert.False(string.IsNullOrEmpty(Text(line, "correlation_id"))));
        Assert.All(lines, line => Assert.True(line.TryGetProperty("job_id", out _) || !new[] { good, bad, named }.Any(id => Text(line, "message")!.Contains(id, StringComparison.Ordinal)), line.ToString()));
        Assert.Equal([good, bad, named], ofJobs.Select(line => Text(line, "job_id")).Distinct().Order());
        Assert.All(ofJobs.Where(line => Text(line, "job_id") == bad), line => Assert.Equal("order 7", Text(line, "correlation_id")));
        Assert.All(ofJobs.Where(line => Text(line, "job_id") == named), line => Assert.Equal("from-the-header", Text(line, "correlation_id")));
        var failure = Assert.Single(ofJobs, line => Text(line, "level") == "info");
        Assert.Equal($"Job {bad} failed at step a: no \"good\" codec", Text(failure, "message"));
    }

    private static string? Text(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetString() : null;
}
