using System.Net;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>What is there in the end: lists, the combined video, clips and the thumbnail.</summary>
public sealed class CoordinatorVideoTests : CoordinatorTest
{
    private const string Other = "9c0de0ab-1111-4222-8333-444455556666";

    [Fact]
    public async Task GeneratedVideos_ListsFinishedJobs_NewestFirst()
    {
        var (first, second) = (await Completed(), await Completed());
        await Create();

        var answer = await Coordinator.Get($"{Root}/generated-videos");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal([second, first], answer.At("data").EnumerateArray().Select(video => video.GetProperty("job_id").GetInt64()));
        Assert.Equal((2, 25, 0), (answer.Number("meta.count"), answer.Number("meta.limit"), answer.Number("meta.offset")));
        Assert.Equal(($"{Root}/videos/{second}/combined", $"{Root}/videos/{second}/thumbnail"), (answer.Text("data.0.video_url"), answer.Text("data.0.thumbnail_url")));
        Assert.Equal(3, answer.At("data.0.clips").GetArrayLength());
    }

    [Fact]
    public async Task GeneratedVideos_AreFoundByJobCampaignAndClient()
    {
        LayImages("default", Other, "a.jpg", "b.jpg");
        var mine = await Completed(""","client_id":"C-7" """);
        var made = await Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Other}}","client_id":"c-7"}""");
        await Approve(made.Number("job_id"));
        await Ended(made.Number("job_id"));

        Assert.Equal([mine], await Listed($"job_id={mine}"));
        Assert.Equal([mine], await Listed($"campaign_id={Campaign}"));
        Assert.Equal([mine], await Listed("client_id=C-7"));
        Assert.Empty(await Listed($"campaign_id={Campaign}&client_id=c-7"));
    }

    [Fact]
    public async Task GeneratedVideos_ComeInPages_OfAtMostAHundred()
    {
        var numbers = new[] { await Completed(pairs: 1), await Completed(pairs: 1), await Completed(pairs: 1) };

        Assert.Equal([numbers[2], numbers[1]], await Listed("limit=2"));
        Assert.Equal([numbers[0]], await Listed("limit=2&offset=2"));
        Assert.Empty(await Listed("offset=3"));
        Assert.Equal(100, (await Coordinator.Get($"{Root}/generated-videos?limit=5000")).Number("meta.limit"));
    }

    [Fact]
    public async Task GeneratedVideos_ShowsAJobOnce_HoweverOftenItWasChanged()
    {
        var number = await Completed();
        await Coordinator.Post($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}/regenerate");
        await Ended(number);
        Assert.Equal([number], await Listed(""));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("offset=-1", "offset")]
    [InlineData("offset=10001", "offset")]
    [InlineData("job_id=abc", "job_id")]
    [InlineData("campaign_id=..", "campaign_id")]
    public async Task GeneratedVideos_Answers422_ForAFilterThatIsNone(string query, string field)
    {
        var answer = await Coordinator.Get($"{Root}/generated-videos?{query}");
        AssertError(answer, HttpStatusCode.UnprocessableEntity, "Validation failed");
        Assert.NotEmpty(answer.At($"errors.{field}").EnumerateArray());
    }

    [Theory]
    [InlineData("bytes=0-3", "206", "clip", "bytes 0-3/")]
    [InlineData("bytes=-5", "206", ".jpg\n", "bytes ")]
    [InlineData("bytes=99999-", "416", null, "bytes */")]
    [InlineData("lines=1-2", "200", "clip of", null)]
    public async Task Combined_GivesAPart_WhenARangeIsAskedFor(string range, string status, string? content, string? contentRange)
    {
        var number = await Completed();

        var answer = await Coordinator.Get($"{Root}/videos/{number}/combined", ("Range", range));

        Assert.Equal(status, ((int)answer.Status).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (content is not null) Assert.StartsWith(content, answer.Content, StringComparison.Ordinal);
        if (contentRange is null) Assert.Null(answer.ContentHeaders.ContentRange);
        else Assert.StartsWith(contentRange, answer.ContentHeaders.ContentRange!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Combined_IsAnMp4WithAnETag_AndNotSentAgain()
    {
        var number = await Completed();

        var whole = await Coordinator.Get($"{Root}/videos/{number}/combined");
        var again = await Coordinator.Get($"{Root}/videos/{number}/combined", ("If-None-Match", whole.Headers.ETag!.Tag));

        Assert.Equal((HttpStatusCode.OK, "video/mp4"), (whole.Status, whole.ContentHeaders.ContentType!.MediaType));
        Assert.Equal((HttpStatusCode.NotModified, 0), (again.Status, again.Body.Length));
        Assert.Equal("bytes", Assert.Single(whole.Headers.AcceptRanges));
    }

    [Fact]
    public async Task Combined_Answers404_BeforeItIsThere()
    {
        var number = await Create();
        AssertError(await Coordinator.Get($"{Root}/videos/{number}/combined"), HttpStatusCode.NotFound, "Video not found");
        AssertError(await Coordinator.Get($"{Root}/videos/{number}/thumbnail"), HttpStatusCode.NotFound, "Thumbnail not found");
        AssertError(await Coordinator.Get($"{Root}/videos/1/combined"), HttpStatusCode.NotFound, "Job not found");
    }

    [Fact]
    public async Task Clips_AreThereOneByOne_EvenBeforeTheVideo()
    {
        Concat.Waits = true;
        var number = await Create();
        await Approve(number);
        await UntilScene(number, 2, "completed");

        var answer = await Coordinator.Get($"{Root}/videos/{number}/clips/scene_3.mp4");

        Assert.Equal((HttpStatusCode.OK, "clip of From c.png to d.jpg\n", "video/mp4"), (answer.Status, answer.Content, answer.ContentHeaders.ContentType!.MediaType));
        Concat.Release();
    }

    [Fact]
    public async Task Clips_ComeWithRangesAndETags_AsTheVideoDoes()
    {
        var path = $"{Root}/videos/{await Completed()}/clips/scene_2.mp4";

        var whole = await Coordinator.Get(path);
        var part = await Coordinator.Get(path, ("Range", "bytes=5-11"));
        var beyond = await Coordinator.Get(path, ("Range", "bytes=99999-"));
        var again = await Coordinator.Get(path, ("If-None-Match", whole.Headers.ETag!.Tag));
        var other = await Coordinator.Get(path, ("If-None-Match", "\"another\""));

        Assert.Equal($"\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(whole.Body))}\"", whole.Headers.ETag.Tag);
        Assert.Equal((HttpStatusCode.PartialContent, "of From", $"bytes 5-11/{whole.Body.Length}"), (part.Status, part.Content, part.ContentHeaders.ContentRange!.ToString()));
        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, HttpStatusCode.NotModified, HttpStatusCode.OK), (beyond.Status, again.Status, other.Status));
        Assert.Equal((0, whole.Content), (again.Body.Length, other.Content));
    }

    /// <summary>What a scene says of its clip is true while its video is still the old one.</summary>
    [Fact]
    public async Task Clips_AreThoseThatTheScenesShow_WhileTheVideoIsMadeAnew()
    {
        var number = await Completed();
        await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 1)}", """{"prompt":"another view"}""");
        Concat.Waits = true;
        await Approve(number);
        await UntilScene(number, 1, "completed");

        var scenes = await Scenes(number);

        Assert.Equal("clip of another view\n", (await Coordinator.Get(scenes.Text("scenes.1.clip_url"))).Content);
        Assert.Equal("clip of From c.png to d.jpg\n", (await Coordinator.Get(scenes.Text("scenes.2.clip_url"))).Content);
        Assert.Contains("clip of From b.jpg to c.png\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content, StringComparison.Ordinal);
        Concat.Release();
    }

    [Theory]
    [InlineData("scene_9.mp4")]
    [InlineData("..%2f..%2frenders%2ffinal.mp4")]
    [InlineData("..%2ffinal.mp4")]
    [InlineData("%2e%2e%2fscene_1.mp4")]
    [InlineData("%2fetc%2fpasswd")]
    [InlineData("..%5cscene_1.mp4")]
    [InlineData("scene_1.mp4%00")]
    [InlineData(".dispatcher-tmp-x.mp4")]
    public async Task Clips_LeadNowhereElse_WhateverTheName(string name)
    {
        var number = await Completed();
        var answer = await Coordinator.Get($"{Root}/videos/{number}/clips/{name}");
        Assert.Contains(answer.Status, new[] { HttpStatusCode.NotFound, HttpStatusCode.BadRequest });
        Assert.DoesNotContain("clip of", answer.Content, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", answer.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thumbnail_IsAPicture()
    {
        var answer = await Coordinator.Get($"{Root}/videos/{await Completed()}/thumbnail");
        Assert.Equal((HttpStatusCode.OK, "image/jpeg"), (answer.Status, answer.ContentHeaders.ContentType!.MediaType));
    }

    private async Task<IReadOnlyList<long>> Listed(string query) =>
        [.. (await Coordinator.Get($"{Root}/generated-videos?{query}")).At("data").EnumerateArray().Select(video => video.GetProperty("job_id").GetInt64())];
}
