using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Web.Tests.Support;

/// <summary>Jobs whose history this program cannot read, as a newer one of the same cluster leaves them.</summary>
internal static class Spoiling
{
    public const string UnknownEvent = "job.from-the-future";

    /// <summary>Gives jobs an event that no program knows yet. Whoever has them in memory does not see it before the service starts again.</summary>
    public static async Task Spoil(this TestService service, params IEnumerable<string> jobs)
    {
        foreach (var id in jobs.Select(JobId.Parse))
        {
            var last = (await service.Engine.Store.ReadEvents(id, 0, 1000))[^1].SequenceNr;
            Assert.IsType<AppendResult.Appended>(await service.Engine.Store.Append(new AppendRequest(id, last, [new EncodedEvent(UnknownEvent, DateTimeOffset.UnixEpoch, "{}"u8.ToArray())])));
        }
    }
}
