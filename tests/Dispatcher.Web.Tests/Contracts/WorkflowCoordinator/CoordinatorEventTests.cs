using System.Net;
using Dispatcher.Web.Tests.Live;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>What the contract says by itself, and what is said to it: topics, and the provider's webhook.</summary>
public sealed class CoordinatorEventTests : CoordinatorTest
{
    [Fact]
    public async Task Topics_TellOfCreatedApprovedAndCompleted()
    {
        using var http = new HttpClient { BaseAddress = Service.Address };
        using var stream = await SseClient.Open(http, $"{Root}/events");
        Assert.Equal("position", (await stream.Next())!.Name);

        var number = await Completed();

        Assert.Equal(("jobs:created", Message("job_created", number)), await Next(stream));
        Assert.Equal(("jobs:approved", Message("job_approved", number)), await Next(stream));
        Assert.Equal(("jobs:completed", Message("job_completed", number)), await Next(stream));
    }

    [Fact]
    public async Task Topics_HaveJobsFailed_AsAnExtension()
    {
        using var http = new HttpClient { BaseAddress = Service.Address };
        using var stream = await SseClient.Open(http, $"{Root}/events?topics=jobs:failed");
        await stream.Next();
        Provider.Set(new Provider.Fault { Fail = "no luck" });
        var number = await Create();
        await Approve(number);
        Assert.Equal(("jobs:failed", Message("job_failed", number)), await Next(stream));
    }

    [Fact]
    public async Task Topics_GoOn_WhereAClientStopped()
    {
        using var http = new HttpClient { BaseAddress = Service.Address };
        string? last;
        var first = await Create();
        using (var stream = await SseClient.Open(http, $"{Root}/events?topics=jobs:created", "o0"))
        {
            await stream.Next();
            Assert.Equal(("jobs:created", Message("job_created", first)), await Next(stream));
            last = stream.LastEventId;
        }

        var second = await Create();
        using var again = await SseClient.Open(http, $"{Root}/events?topics=jobs:created", last);
        await again.Next();
        Assert.Equal(("jobs:created", Message("job_created", second)), await Next(again));
    }

    [Fact]
    public async Task Topics_DoNotTellOfARevision_AsOfANewJob()
    {
        var number = await Completed();
        using var http = new HttpClient { BaseAddress = Service.Address };
        using var stream = await SseClient.Open(http, $"{Root}/events?topics=jobs:created,jobs:completed");
        await stream.Next();
        await Coordinator.Post($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}/regenerate");
        Assert.Equal(("jobs:completed", Message("job_completed", number)), await Next(stream));
    }

    [Theory]
    [InlineData("jobs:everything")]
    [InlineData("job.created")]
    [InlineData(",")]
    public async Task Topics_Answers422_ForATopicThatIsNone(string topics) =>
        AssertError(await Coordinator.Get($"{Root}/events?topics={topics}"), HttpStatusCode.UnprocessableEntity, "Validation failed");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"id":"nobody","status":"succeeded","output":"http://evil.test/x.mp4"}""")]
    [InlineData("""{"id":null}""")]
    [InlineData("\u0000\u0001")]
    public async Task Webhook_IsAnswered200_WhateverComes(string body)
    {
        using var http = new HttpClient { BaseAddress = Service.Address };
        using var answer = await http.PostAsync("/api/webhooks/replicate", new StringContent(body));
        Assert.Equal((HttpStatusCode.OK, """{"status":"ok"}"""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Webhook_IsAnswered200_WhenTheBodyIsTooLarge()
    {
        using var http = new HttpClient { BaseAddress = Service.Address };
        using var answer = await http.PostAsync("/api/webhooks/replicate", new StringContent(new string('x', 3 << 20)));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Webhook_NeedsNoKey_AndAllElseDoes()
    {
        using var acme = await ApiOf("acme");
        using var nobody = NewApi();
        Assert.Equal(HttpStatusCode.OK, (await nobody.Post("/api/webhooks/replicate", "{}")).Status);
        foreach (var path in new[] { "jobs/1", "jobs/1/scenes", "generated-videos", "videos/1/combined", "events" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.Get($"{Root}/{path}")).Status);
        foreach (var path in new[] { "jobs/1/approve", "jobs/from-image-pairs", "jobs/from-property-photos" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.Post($"{Root}/{path}", "{}")).Status);
    }

    private static string Message(string name, long number) => $$"""{"event":"{{name}}","job_id":{{number}}}""";

    private static async Task<(string Topic, string Data)> Next(SseClient stream)
    {
        while (true)
        {
            var next = (await stream.Next())!;
            if (next.Name != "position") return (next.Name, next.Data);
        }
    }
}
