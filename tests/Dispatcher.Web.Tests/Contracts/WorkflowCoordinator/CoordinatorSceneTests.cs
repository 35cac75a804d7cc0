using System.Net;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>Scenes: read, changed, taken out and rendered anew, before the approval and after the end.</summary>
public sealed class CoordinatorSceneTests : CoordinatorTest
{
    [Fact]
    public async Task List_GivesTheScenesWithTheirProgress()
    {
        var number = await Create();

        var answer = await Scenes(number);

        Assert.Equal((number, 3, 0, 0), (answer.Number("job_id"), answer.Number("total_scenes"), answer.Number("completed_scenes"), answer.Number("progress_percentage")));
        Assert.Equal("pending", answer.Text("progress.stage"));
        Assert.Equal(["Scene 1", "Scene 2", "Scene 3"], answer.At("scenes").EnumerateArray().Select(scene => scene.GetProperty("title").GetString()));
        Assert.All(answer.At("scenes").EnumerateArray(), scene => Assert.Equal("pending", scene.GetProperty("status").GetString()));
        Assert.Equal(3, answer.At("scenes").EnumerateArray().Select(scene => Guid.Parse(scene.GetProperty("id").GetString()!)).Distinct().Count());
    }

    [Fact]
    public async Task List_ShowsProviderIdsAndClips_OfWhatWasRendered()
    {
        var answer = await Scenes(await Completed());
        Assert.Equal((3, 100, "completed"), (answer.Number("completed_scenes"), answer.Number("progress_percentage"), answer.Text("progress.stage")));
        Assert.Equal(Provider.Bill.Select(item => item.Id).Order(), answer.At("scenes").EnumerateArray().Select(scene => scene.GetProperty("provider_id").GetString()).Order());
        Assert.EndsWith("/clips/scene_1.mp4", answer.Text("scenes.0.clip_url"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_GivesOneScene()
    {
        var number = await Create();
        var id = await SceneId(number, 1);
        var answer = await Coordinator.Get($"{Root}/jobs/{number}/scenes/{id}");
        Assert.Equal((id, number, 1, "Scene 2", "pending"), (answer.Text("id"), answer.Number("job_id"), answer.Number("scene_index"), answer.Text("title"), answer.Text("status")));
        Assert.Equal(0.8m, answer.At("estimated_cost").GetDecimal());
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("PUT", "")]
    [InlineData("DELETE", "")]
    [InlineData("POST", "/regenerate")]
    public async Task ASceneOfAnotherJob_Answers422(string method, string action)
    {
        var (mine, other) = (await Create(), await Create());
        var answer = await Send(method, $"{Root}/jobs/{mine}/scenes/{await SceneId(other, 0)}{action}", """{"title":"x"}""");
        AssertError(answer, HttpStatusCode.UnprocessableEntity, "Scene does not belong to this job");
    }

    [Theory]
    [InlineData("00000000-0000-4000-8000-000000000000")]
    [InlineData("1")]
    [InlineData("..%2f..")]
    public async Task ASceneThatIsNotThere_Answers404(string id)
    {
        var number = await Create();
        AssertError(await Coordinator.Get($"{Root}/jobs/{number}/scenes/{id}"), HttpStatusCode.NotFound, "Scene not found");
    }

    [Fact]
    public async Task Put_ChangesAPendingJob_AndItsCost()
    {
        var number = await Create();

        var answer = await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 1)}", """{"title":"The garden","duration":8,"model":"hailuo-02","textOverlay":"Welcome"}""");

        Assert.Equal((HttpStatusCode.OK, "Scene updated successfully", "pending"), (answer.Status, answer.Text("message"), answer.Text("status")));
        Assert.Equal(("The garden", "Welcome", 0.6m), (answer.Text("scene.title"), answer.Text("scene.text_overlay"), answer.At("scene.estimated_cost").GetDecimal()));
        Assert.Equal((0, "pending", 3), (answer.Number("progress.percentage"), answer.Text("progress.stage"), answer.Number("progress.total_scenes")));
        var job = await Job(number);
        Assert.Equal((2.2m, 18, "pending"), (job.At("estimated_cost").GetDecimal(), job.Number("storyboard.total_duration"), job.Text("current_stage")));
        Assert.Single(await EngineJobs(number));
    }

    [Fact]
    public async Task Put_IsWhatIsRendered()
    {
        var number = await Create(pairs: 1);
        await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}", """{"prompt":"a garden at night"}""");
        await Approve(number);
        await Ended(number);
        Assert.Equal("clip of a garden at night\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content);
    }

    [Theory]
    [InlineData("""{"title":""}""", "title")]
    [InlineData("""{"title":null}""", "title")]
    [InlineData("""{"duration":0}""", "duration")]
    [InlineData("""{"duration":"5"}""", "duration")]
    [InlineData("""{"prompt":7}""", "prompt")]
    [InlineData("""{"asset_ids":["0b6e2c52-2a5e-4a39-9a9c-5f6f3a2d1c00"]}""", "asset_ids")]
    [InlineData("""{"asset_id":"../../../etc/passwd"}""", "asset_id")]
    [InlineData("""{"status":"completed"}""", "status")]
    public async Task Put_Answers422_WithTheFault(string body, string field)
    {
        var number = await Create();
        var answer = await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}", body);
        AssertError(answer, HttpStatusCode.UnprocessableEntity, "Validation failed");
        Assert.NotEmpty(answer.At($"errors.{field}").EnumerateArray());
    }

    [Fact]
    public async Task Put_OfAFinishedJob_WaitsForApproval_AndRendersOnlyThatScene()
    {
        var number = await Completed();
        var before = await Job(number);

        var put = await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 1)}", """{"prompt":"another view"}""");

        Assert.Equal((HttpStatusCode.OK, "pending", "pending", 66.67), (put.Status, put.Text("status"), put.Text("scene.status"), put.At("progress.percentage").GetDouble()));
        Assert.Equal(3, Provider.Bill.Count);
        await Approve(number);
        var after = await Ended(number);
        Assert.Equal(("completed", 100), (after.Text("status"), after.Number("progress_percentage")));
        Assert.Equal(before.Text("inserted_at"), after.Text("inserted_at"));
        Assert.Equal(4, Provider.Bill.Count);
        Assert.Equal("clip of From a.jpg to b.jpg\nclip of another view\nclip of From c.png to d.jpg\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"title":"Scene 2"}""")]
    [InlineData("""{"text_overlay":null}""")]
    public async Task Put_ThatChangesNothing_DoesNothing(string body)
    {
        var (pending, finished) = (await Create(), await Completed());
        var before = await Api.Get($"/jobs/{(await EngineJobs(pending))[0]}");

        foreach (var number in new[] { pending, finished })
        {
            var answer = await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 1)}", body);
            Assert.Equal((HttpStatusCode.OK, "Scene 2"), (answer.Status, answer.Text("scene.title")));
            Assert.Single(await EngineJobs(number));
        }

        Assert.Equal(before.Content, (await Api.Get($"/jobs/{(await EngineJobs(pending))[0]}")).Content);
        Assert.Equal("completed", (await Job(finished)).Text("status"));
    }

    /// <summary>Nothing was ordered for the job that was rejected, so there is nothing to take over from it.</summary>
    [Fact]
    public async Task Put_OfARejectedJob_MakesOneThatRendersAllScenes()
    {
        var number = await Create();
        await Reject(number);

        var put = await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 1)}", """{"prompt":"a better view"}""");

        Assert.Equal(("pending", "pending", 0), (put.Text("status"), put.Text("scene.status"), put.Number("progress.failed_scenes")));
        await Approve(number);
        Assert.Equal("completed", (await Ended(number)).Text("current_stage"));
        Assert.Equal("clip of From a.jpg to b.jpg\nclip of a better view\nclip of From c.png to d.jpg\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content);
        Assert.Equal(3, Provider.Bill.Count);
    }

    [Fact]
    public async Task Put_OfARejectedRevision_KeepsTheClipsThatThereAre()
    {
        var number = await Completed();
        await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 1)}", """{"prompt":"a better view"}""");
        await Reject(number);

        await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}", """{"title":"Only words"}""");
        await Approve(number);
        await Ended(number);

        Assert.Equal("clip of From a.jpg to b.jpg\nclip of a better view\nclip of From c.png to d.jpg\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content);
        Assert.Equal(4, Provider.Bill.Count);
    }

    [Fact]
    public async Task Put_OfATitleOfAFinishedJob_OrdersNothing()
    {
        var number = await Completed();
        await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 1)}", """{"title":"Only words"}""");
        await Approve(number);
        Assert.Equal("completed", (await Ended(number)).Text("status"));
        Assert.Equal(3, Provider.Bill.Count);
    }

    [Theory]
    [InlineData("PUT", "Scene cannot be updated while job is processing")]
    [InlineData("DELETE", "Scene cannot be deleted while job is processing")]
    public async Task AChange_Answers422_WhileTheJobIsProcessing(string method, string error)
    {
        Provider.Set(new Provider.Fault { Stall = true });
        var number = await Create();
        var id = await SceneId(number, 0);
        await Approve(number);
        await UntilScene(number, 0, "processing");
        var answer = await Send(method, $"{Root}/jobs/{number}/scenes/{id}", """{"title":"x"}""");
        AssertError(answer, HttpStatusCode.UnprocessableEntity, error);
        Assert.Equal("processing", answer.Text("current_status"));
    }

    [Fact]
    public async Task Delete_TakesASceneOut_BeforeTheApproval()
    {
        var number = await Create();
        var id = await SceneId(number, 1);

        var answer = await Coordinator.Send(HttpMethod.Delete, $"{Root}/jobs/{number}/scenes/{id}");

        Assert.Equal((HttpStatusCode.OK, "Scene deleted successfully", 2), (answer.Status, answer.Text("message"), answer.Number("progress.total_scenes")));
        AssertError(await Coordinator.Get($"{Root}/jobs/{number}/scenes/{id}"), HttpStatusCode.NotFound, "Scene not found");
        await Approve(number);
        await Ended(number);
        Assert.Equal("clip of From a.jpg to b.jpg\nclip of From c.png to d.jpg\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content);
        Assert.Equal(2, Provider.Bill.Count);
    }

    [Fact]
    public async Task Delete_FromAFinishedJob_JoinsTheOthersAnew_AndPaysNothing()
    {
        var number = await Completed();
        var answer = await Coordinator.Send(HttpMethod.Delete, $"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}");
        Assert.Equal(("pending", 100), (answer.Text("status"), answer.Number("progress.percentage")));
        await Approve(number);
        await Ended(number);
        Assert.Equal("clip of From b.jpg to c.png\nclip of From c.png to d.jpg\n", (await Coordinator.Get($"{Root}/videos/{number}/combined")).Content);
        Assert.Equal(3, Provider.Bill.Count);
    }

    [Fact]
    public async Task Delete_Answers422_ForTheLastScene()
    {
        var number = await Create(pairs: 1);
        AssertError(await Coordinator.Send(HttpMethod.Delete, $"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}"), HttpStatusCode.UnprocessableEntity, "A job needs at least one scene");
    }

    [Fact]
    public async Task Regenerate_RendersTheSceneAgain_AndOnlyThatOne()
    {
        var number = await Completed();
        var id = await SceneId(number, 2);
        var old = (await Scenes(number)).Text("scenes.2.provider_id");
        Provider.Set(new Provider.Fault { Stall = true });

        var answer = await Coordinator.Post($"{Root}/jobs/{number}/scenes/{id}/regenerate");

        Assert.Equal((HttpStatusCode.OK, "Scene regeneration started"), (answer.Status, answer.Text("message")));
        Assert.Equal((2, 3), (answer.Number("progress.completed_scenes"), answer.Number("progress.total_scenes")));
        var scenes = await UntilScenes(number, scenes => scenes.Text("scenes.2.status") == "processing" && scenes.Text("scenes.2.provider_id") is not null);
        Assert.NotEqual(old, scenes.Text("scenes.2.provider_id"));
        // What there was can still be seen.
        Assert.Equal(HttpStatusCode.OK, (await Coordinator.Get($"{Root}/videos/{number}/combined")).Status);
        Assert.Equal(4, Provider.Bill.Count);
    }

    [Fact]
    public async Task Regenerate_EndsCompleted_AndTheFirstJobStaysAsItEnded()
    {
        var number = await Completed();
        var first = await Api.Get($"/jobs/{(await EngineJobs(number))[0]}");

        await Coordinator.Post($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}/regenerate");
        var ended = await Ended(number);

        Assert.Equal(("completed", "completed", 100), (ended.Text("status"), ended.Text("current_stage"), ended.Number("progress_percentage")));
        Assert.Equal(2, (await EngineJobs(number)).Count);
        Assert.Equal(first.Content, (await Api.Get($"/jobs/{(await EngineJobs(number))[1]}")).Content);
        Assert.Equal(4, Provider.Bill.Count);
    }

    /// <summary>The answer was lost, and the caller asks again.</summary>
    [Fact]
    public async Task Regenerate_GivenTwice_IsDoneOnce()
    {
        var number = await Completed();
        var id = await SceneId(number, 0);
        Provider.Set(new Provider.Fault { Stall = true });

        var first = await Coordinator.Post($"{Root}/jobs/{number}/scenes/{id}/regenerate");
        var at = await UntilScenes(number, scenes => scenes.Text("scenes.0.status") == "processing" && scenes.Text("scenes.0.provider_id") is not null);
        var second = await Coordinator.Post($"{Root}/jobs/{number}/scenes/{id}/regenerate");

        Assert.Equal((HttpStatusCode.OK, first.Text("message"), "processing"), (second.Status, second.Text("message"), second.Text("scene.status")));
        Assert.Equal(at.Text("scenes.0.provider_id"), second.Text("scene.provider_id"));
        Assert.Equal(2, (await EngineJobs(number)).Count);
        Assert.Equal(4, Provider.Bill.Count);
    }

    /// <summary>Whoever wants one scene anew lets no other one be paid for that somebody has changed and nobody has approved.</summary>
    [Fact]
    public async Task Regenerate_WaitsForApproval_WhenAnotherSceneWouldBeOrderedWithIt()
    {
        var number = await Completed();
        await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 1)}", """{"prompt":"a better view"}""");
        await Reject(number);

        var answer = await Coordinator.Post($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}/regenerate");

        Assert.Equal((HttpStatusCode.OK, "pending"), (answer.Status, answer.Text("status")));
        Assert.Equal(3, Provider.Bill.Count);
        await Approve(number);
        await Ended(number);
        Assert.Equal(5, Provider.Bill.Count);
    }

    /// <summary>There is no moment in which the revision is there and waits, so nothing can be left so.</summary>
    [Fact]
    public async Task Regenerate_IsApprovedByWhoAsksForIt_AsItIsMade()
    {
        var number = await Completed();
        await Coordinator.Post($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}/regenerate");
        var events = (await Api.Get($"/jobs/{(await EngineJobs(number))[0]}/events")).At("events").EnumerateArray().Take(3).ToList();
        Assert.Equal(["job.created", "job.approved", "job.queued"], events.Select(e => e.GetProperty("type").GetString()));
        Assert.Single(events.Select(e => e.GetProperty("at").GetString()).Distinct());
    }

    [Fact]
    public async Task Regenerate_OfAFailedScene_LeavesTheOtherFailedOnesUnpaid()
    {
        Provider.Set(new Provider.Fault { Fail = "no luck" });
        var number = await Create();
        await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}", """{"prompt":"first"}""");
        await Approve(number);
        await Ended(number);
        Provider.Set(null);

        await Coordinator.Post($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}/regenerate");
        var ended = await Ended(number);

        Assert.Equal(("completed", "completed_partial", 1, 3), (ended.Text("status"), ended.Text("current_stage"), ended.Number("completed_scenes"), ended.Number("total_scenes")));
        Assert.Equal(4, Provider.Bill.Count);
        Assert.Equal(["completed", "failed", "failed"], (await Scenes(number)).At("scenes").EnumerateArray().Select(scene => scene.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Regenerate_Answers422_ForASceneThatHasNotEnded()
    {
        var number = await Create();
        var answer = await Coordinator.Post($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}/regenerate");
        AssertError(answer, HttpStatusCode.UnprocessableEntity, "Only completed or failed scenes can be regenerated");
        Assert.Equal("pending", answer.Text("current_status"));
    }

    /// <summary>A scene is done while others are under way: its successor waits for them, and takes them over.</summary>
    [Fact]
    public async Task Regenerate_WhileTheJobIsProcessing_WaitsForTheOthers()
    {
        Concat.Waits = true;
        var number = await Create();
        await Approve(number);
        await UntilScene(number, 0, "completed");

        var answer = await Coordinator.Post($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}/regenerate");
        Assert.Equal((HttpStatusCode.OK, "processing", "pending"), (answer.Status, answer.Text("status"), answer.Text("scene.status")));
        Concat.Release();
        var ended = await Ended(number);

        Assert.Equal(("completed", "completed"), (ended.Text("status"), ended.Text("current_stage")));
        Assert.Equal(4, Provider.Bill.Count);
        Assert.Equal(2, (await EngineJobs(number)).Count);
    }

    [Fact]
    public async Task ManyChangesAtOnce_AllTakeEffect()
    {
        var number = await Create();
        var ids = await Task.WhenAll(Enumerable.Range(0, 3).Select(index => SceneId(number, index)));

        var answers = await Task.WhenAll(ids.Select((id, index) => Coordinator.Put($"{Root}/jobs/{number}/scenes/{id}", $$"""{"title":"New {{index}}"}""")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(["New 0", "New 1", "New 2"], (await Scenes(number)).At("scenes").EnumerateArray().Select(scene => scene.GetProperty("title").GetString()));
    }

    [Fact]
    public async Task TwoRegenerationsAtOnce_EachTakeEffectOnce()
    {
        var number = await Completed();
        var ids = await Task.WhenAll(Enumerable.Range(0, 2).Select(index => SceneId(number, index)));

        var answers = await Task.WhenAll(ids.Select(id => Coordinator.Post($"{Root}/jobs/{number}/scenes/{id}/regenerate")));
        await Ended(number);

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(5, Provider.Bill.Count);
    }

    private async Task Reject(long number)
    {
        var answer = await Api.Post($"/jobs/{(await EngineJobs(number))[0]}/reject");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.ToString());
    }

    private Task<Answer> Send(string method, string path, string body) => Coordinator.Send(
        new HttpMethod(method), path, method == "PUT" ? new StringContent(body, System.Text.Encoding.UTF8, "application/json") : null);
}
