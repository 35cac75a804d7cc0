using System.Globalization;
using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Feed;
using Dispatcher.Web.Live;
using Dispatcher.Web.Tests.Callbacks;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Live;

/// <summary>A client that does not read what is sent to it. What fills its socket are jobs with a large input.</summary>
public sealed class SlowReaderTests
{
    /// <summary>More than the sockets of both ends hold.</summary>
    private const int Jobs = 120;

    private static readonly JsonElement LargeInput = JsonSerializer.SerializeToElement(new { text = new string('x', 200_000) });

    [Fact]
    public async Task SlowReader_IsToldToReload_AndHoldsNobodyUp()
    {
        await using var jobs = await LiveJobs.Start(options => options.Node = options.Node with { Feed = new EventFeedOptions { RingLimitEvents = 64, CatchUpLimitEvents = 100 } });
        using var slow = await SseClient.Open(jobs.Http, "/api/v1/stream");
        using var quick = await SseClient.Open(jobs.Http, "/api/v1/stream");
        for (var i = 0; i < Jobs; i++)
        {
            var id = await jobs.SubmitQuick(input: LargeInput);
            await quick.Until(e => e.Type == "job.completed" && e.JobId == id.ToString());
        }

        await ReadUntilReload(slow);
        Assert.Equal(1, jobs.Service.Engine.Node.Events.Reloads);
        var last = await jobs.SubmitQuick();
        Assert.All(await slow.Until(e => e.Type == "job.completed"), e => Assert.Equal(last.ToString(), e.JobId));
    }

    [Fact]
    public async Task SlowReader_IsCut_WhenItReadsNothingFor30Seconds()
    {
        var time = new ManualTimeProvider();
        await using var jobs = await LiveJobs.Start(services: services => services.AddSingleton(new LiveClock(time)));
        using var slow = await SseClient.Open(jobs.Http, "/api/v1/stream");
        for (var i = 0; i < Jobs; i++) await jobs.SubmitQuick(input: LargeInput);

        // Its time passes as often as we look.
        await Poll.Until(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(jobs.Service.Engine.Node.Events.Subscriptions);
            },
            open => open == 0);

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await slow.Next() is not null)
            {
                // What was in the sockets comes first.
            }
        });
    }

    /// <summary>Everything up to the reload came in order and once.</summary>
    private static async Task ReadUntilReload(SseClient slow)
    {
        long position = 0;
        while (true)
        {
            var next = (await slow.Next())!;
            if (next.Name == "reload") return;
            var place = long.Parse(next.Id!.AsSpan(1), CultureInfo.InvariantCulture);
            Assert.True(next.Name == "position" || place == position + 1, $"{place} came after {position}.");
            position = place;
        }
    }
}
