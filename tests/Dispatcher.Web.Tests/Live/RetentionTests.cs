using System.Net;
using Dispatcher.Coordination;

namespace Dispatcher.Web.Tests.Live;

/// <summary>A service that keeps nothing: a job that has ended is deleted, and whoever listens is told.</summary>
public sealed class RetentionTests
{
    [Fact]
    public async Task EndedJob_IsDeleted_AndTold()
    {
        await using var jobs = await LiveJobs.Start(options => options.Node = options.Node with
        {
            Retention = new RetentionOptions { CompletedAfter = TimeSpan.Zero, SweepInterval = TimeSpan.FromMilliseconds(20) },
        });
        using var stream = await SseClient.Open(jobs.Http, "/api/v1/stream");
        var id = await jobs.SubmitQuick();

        var events = await stream.Until(e => e.Type == "job.deleted");

        Assert.Equal(["job.created", "job.completed", "job.deleted"], events.Where(e => e.JobId == id.ToString() && e.Type is "job.created" or "job.completed" or "job.deleted").Select(e => e.Type));
        using var gone = await jobs.Http.GetAsync($"/api/v1/jobs/{id}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }
}
