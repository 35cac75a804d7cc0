using System.Collections.Concurrent;
using System.Net;
using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>A server is stopped in the middle of its work, as every deployment does.</summary>
public sealed class ServeStopTests : IDisposable
{
    private const int Clients = 4;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Sigterm_UnderLoad_Exits0_AndEveryJobThatWasAcknowledgedEndsAfterTheNextStart()
    {
        var acknowledged = new ConcurrentBag<string>();
        await using (var service = await ServiceProcess.Start(_directory.Path, _directory.Data, "dispatcher.steps.drain-timeout = 1 s"))
        {
            await service.Register("naps", SmallWorkflows.Naps(3, 400));
            var load = Enumerable.Range(0, Clients).Select(_ => Load(service, acknowledged)).ToList();
            await Wait.Until(() => acknowledged.Count > 100, () => "a hundred jobs are acknowledged");
            var stopped = await service.Terminate();
            Assert.True(stopped.ExitCode == 0, stopped.All);
            await Task.WhenAll(load);
        }

        await using (var service = await ServiceProcess.Start(_directory.Path, _directory.Data))
        {
            foreach (var id in acknowledged) Assert.Equal("completed", (await service.Ended(id)).GetProperty("status").GetString());
            await service.Terminate();
        }

        await JournalChecker.AssertHolds(_directory.Data, acknowledged, mustHaveEnded: false);
    }

    /// <summary>Until the server refuses or is gone.</summary>
    private static async Task Load(ServiceProcess service, ConcurrentBag<string> acknowledged)
    {
        try
        {
            while (true)
            {
                using var answer = await service.TrySubmit(new { workflow = "naps" });
                if (answer.StatusCode != HttpStatusCode.Created)
                {
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                    return;
                }

                acknowledged.Add(System.Text.Json.JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("id").GetString()!);
            }
        }
        catch (HttpRequestException)
        {
            // It does not listen any more.
        }
    }
}
