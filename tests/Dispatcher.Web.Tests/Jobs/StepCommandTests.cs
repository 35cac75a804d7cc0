using System.Net;
using Dispatcher.Steps.Handlers;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Jobs;

/// <summary>Decisions about steps, and steps that are tried again on request.</summary>
public sealed class StepCommandTests : ServiceTest
{
    private const string Reviewed =
        """
        name: reviewed
        version: 1
        steps:
          - id: text
            uses: approval
            with: { prompt: Is the text right? }
          - id: picture
            uses: approval
        """;

    private const string Stubborn =
        """
        name: stubborn
        version: 1
        steps:
          - id: item
            uses: fail
            for_each: [a, b]
            with: { until_attempt: 2 }
            retry: { max_attempts: 2, initial: 1h, max: 1h }
        """;

    [Fact]
    public async Task Approve_NamesTheStep_WhenMoreThanOneWaits()
    {
        await Api.Register(Reviewed);
        var id = await Api.Create("""{"workflow":"reviewed"}""");
        await UntilThat(id, job => job.At("steps").EnumerateArray().All(step => step.TryGetProperty("awaits", out _)));

        var job = await Api.Get($"/jobs/{id}");
        var ambiguous = await Api.Post($"/jobs/{id}/approve");
        var unknown = await Api.Post($"/jobs/{id}/approve", """{"step":"music"}""");
        var text = await Api.Post($"/jobs/{id}/approve", """{"step":"text","reason":"yes"}""");
        var picture = await Api.Post($"/jobs/{id}/reject", """{"step":"picture","reason":"too dark"}""");

        Assert.Equal(("approval", "Is the text right?"), (job.Text("waits_for.kind"), job.Text("steps.0.awaits.prompt")));
        Assert.Equal((HttpStatusCode.Conflict, "ambiguous-step"), (ambiguous.Status, ambiguous.Text("code")));
        Assert.Equal((HttpStatusCode.NotFound, "unknown-step"), (unknown.Status, unknown.Text("code")));
        Assert.Equal("completed", text.Text("steps.0.status"));
        Assert.Equal(("failed", "failed"), (picture.Text("status"), picture.Text("steps.1.status")));
    }

    [Fact]
    public async Task Retry_TriesAnItemAtOnce()
    {
        await Api.Register(Stubborn);
        var id = await Api.Create("""{"workflow":"stubborn"}""");
        await UntilThat(id, job => job.At("steps.0").TryGetProperty("items", out var items) && items.TryGetProperty("notable", out var notable) && notable.GetArrayLength() == 2);

        var items = (await Api.Get($"/jobs/{id}")).At("steps.0.items");
        var unknown = await Api.Post($"/jobs/{id}/steps/item[7]/retry");
        var first = await Api.Post($"/jobs/{id}/steps/item[0]/retry", """{"reason":"now"}""");
        var second = await Api.Post($"/jobs/{id}/steps/item%5B1%5D/retry");

        Assert.Equal("retrying", items.GetProperty("notable")[0].GetProperty("status").GetString());
        Assert.Equal((HttpStatusCode.NotFound, "unknown-step"), (unknown.Status, unknown.Text("code")));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.Status, second.Status));
        await Until(id, "completed");
    }

    protected override void Configure(DispatcherOptions options)
    {
        if (options.Handlers.All(handler => handler.Name != "approval")) options.Handlers.Add(new ApprovalHandler());
    }
}
