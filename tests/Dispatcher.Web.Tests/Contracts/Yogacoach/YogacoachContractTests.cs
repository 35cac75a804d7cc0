using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach;

/// <summary>The contract of the job dispatcher, in the order of its document: request, response, steps, errors.</summary>
public sealed partial class YogacoachContractTests : YogacoachTest
{
    [Fact]
    public async Task Request_OfTheDocument_IsTakenWordByWord()
    {
        var answer = await Create(Example);

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        Assert.Equal(["job_id", "status", "status_url", "estimated_finish_time", "estimated_wait_seconds", "idempotency_key"], answer.Json.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public async Task Request_TakesTheEnvelopeFromKeyAndHeaders()
    {
        var answer = await Create(Example, "session-9", ("x-plan-id", "plan-1"), ("x-actor-id", "teacher-2"), ("x-subject-user-id", "user-123"));

        var state = await State(answer.Text("job_id"));
        var input = state.Spec.Input!.Value;
        Assert.Equal("default", state.Spec.Tenant);
        Assert.Equal(
            ("session-9", "plan-1", "teacher-2", "user-123"),
            (input.GetProperty("session_id").GetString(), input.GetProperty("plan_id").GetString(), input.GetProperty("actor_id").GetString(), input.GetProperty("subject_user_id").GetString()));
    }

    [Theory]
    [InlineData("tenant_id")]
    [InlineData("session_id")]
    [InlineData("plan_id")]
    [InlineData("actor_id")]
    [InlineData("subject_user_id")]
    public async Task Request_WithAnEnvelopeFieldInItsBody_IsRefusedByName(string field)
    {
        var answer = await Create($$"""{"{{field}}":"x",{{Example[1..]}}""");

        Assert.Equal((HttpStatusCode.BadRequest, "envelope-in-body"), (answer.Status, answer.Text("code")));
        Assert.StartsWith($"{field}: belongs to the execution envelope", answer.Text("error"), StringComparison.Ordinal);
        Assert.Equal(field, answer.Text("faults.0.path"));
    }

    [Fact]
    public async Task Request_OfAVideo_IsRefused_WithWhatToDo()
    {
        var answer = await Create(Example.Replace("\"keypoints\"", "\"video\"", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "unsupported-payload"), (answer.Status, answer.Text("code")));
        Assert.Contains("extract the keypoints on the device", answer.Text("error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_HasAJobIdThatIsAUuid_AndItsStatusUrl()
    {
        var answer = await Create(Example);

        Assert.True(Guid.TryParseExact(answer.Text("job_id"), "D", out _));
        Assert.Equal($"/api/yogacoach/jobs/{answer.Text("job_id")}/status", answer.Text("status_url"));
        Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Get, answer.Text("status_url"), null)).Status);
    }

    [Fact]
    public async Task Response_OfANewJob_SaysQueued() => Assert.Equal("queued", (await Create(Example)).Text("status"));

    [Fact]
    public async Task Response_EstimatesTheFinish_AsAnInstantInUtc_SoManySecondsFromNow()
    {
        // As long as the sample's pipeline, and nothing of it runs before the answer is written.
        var steps = Enumerable.Range(0, 8).Select(index => $"  - {{ id: s{index}, uses: noop{(index == 0 ? "" : $", needs: [s{index - 1}]")} }}");
        using (var api = new Support.Api(Service.Client())) await api.Register($"name: yogacoach-v0-0-8\nversion: 1\napproval: required\nsteps:\n{string.Join('\n', steps)}\n");
        var before = TimeProvider.System.GetUtcNow();
        var answer = await Create(Request("good", version: "v0.0.8"));
        var after = TimeProvider.System.GetUtcNow();

        Assert.Matches(Instant(), answer.Text("estimated_finish_time"));
        var seconds = answer.Number("estimated_wait_seconds");
        var finish = DateTimeOffset.Parse(answer.Text("estimated_finish_time"), CultureInfo.InvariantCulture);
        Assert.InRange(finish, before.AddSeconds(seconds - 1), after.AddSeconds(seconds));
        // Before anything has run, each of the eight steps along the longest chain is taken for a second.
        Assert.Equal(8, seconds);
    }

    [Fact]
    public async Task Response_EstimatesByWhatWasObserved()
    {
        await Run(Request("good"), "a");

        // Now the stages have seen their steps: none took anything like a second.
        Assert.True((await Create(Request("good"), "b")).Number("estimated_wait_seconds") < 8);
    }

    [Fact]
    public async Task Response_HasTheIdempotencyKeyOfSessionAndVersion()
    {
        var key = (await Create(Example, "s-1")).Text("idempotency_key");

        Assert.NotEqual(key, (await Create(Example, "s-2")).Text("idempotency_key"));
        Assert.Equal(key, (await Create(Example, "s-1")).Text("idempotency_key"));
    }

    [Fact]
    public async Task Step1_ADuplicate_IsAnsweredWithTheExistingJob_And200()
    {
        var version = await RegisterBlocked();
        var first = await Create(Request("good", version: version));

        // Also with another payload: a session is analysed once by each version.
        var second = await Create(Request("bent", version: version));

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.OK), (first.Status, second.Status));
        foreach (var field in new[] { "job_id", "status_url", "idempotency_key" }) Assert.Equal(first.Text(field), second.Text(field));
        Assert.Equal(first.Json.EnumerateObject().Select(field => field.Name), second.Json.EnumerateObject().Select(field => field.Name));
        Block.Release();
        await Ended(first.Text("job_id"));
        var third = await Create(Request("good", version: version));
        Assert.Equal((HttpStatusCode.OK, "completed", 0), (third.Status, third.Text("status"), third.Number("estimated_wait_seconds")));
    }

    /// <summary>The check comes first: nothing else of the request is looked at, nor what has become of the plan since.</summary>
    [Theory]
    [InlineData("""{"pipeline_version":"v0.0.1"}""")]
    [InlineData("""{"payload_type":"video","payload":{"keypoints_data":7},"callback_config":{"channel":"pigeon","user_id":"u"},"pipeline_version":"v0.0.1","priority":1}""")]
    public async Task Step1_ADuplicate_IsAnswered_BeforeAnythingElseIsChecked(string body)
    {
        var version = await RegisterBlocked();
        var first = await Created(Request("good", version: version));
        await SetPlan(1);

        var second = await Create(body);

        Assert.Equal((HttpStatusCode.OK, first), (second.Status, second.Text("job_id")));
        Assert.Equal(HttpStatusCode.BadRequest, (await Send(HttpMethod.Post, Jobs, body)).Status);
        Block.Release();
    }

    [Fact]
    public async Task Step1_AJobWithTheKeyAsItsCorrelationId_OrInCapitals_IsNoDuplicate()
    {
        var version = await RegisterBlocked();
        var other = await Create(Request("good", version: version), "SESSION-1", ("x-correlation-id", $"yogacoach:session-1:{version}"));

        var made = await Create(Request("good", version: version));

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (other.Status, made.Status));
        Assert.NotEqual(other.Text("job_id"), made.Text("job_id"));
        Assert.Equal(made.Text("job_id"), (await Create(Request("good", version: version))).Text("job_id"));
        Block.Release();
    }

    [Fact]
    public async Task Step1_ANewVersion_IsANewJob()
    {
        var version = await RegisterBlocked();

        Assert.NotEqual(await Created(Example), await Created(Request("good", version: version)));
        Block.Release();
    }

    [Fact]
    public async Task Step2_RecordsTheJobsMetadata()
    {
        var input = (await State(await Created(Request("good", "line", "user-7")))).Spec.Input!.Value;

        Assert.Equal("keypoints", input.GetProperty("payload_type").GetString());
        Assert.Equal("v1.2.0", input.GetProperty("pipeline_version").GetString());
        Assert.Equal("user-7", input.GetProperty("callback").GetProperty("user_id").GetString());
        Assert.Equal("""["line","web"]""", input.GetProperty("callback").GetProperty("channels").GetRawText());
    }

    [Fact]
    public async Task Step5_RunsTheSevenPlaybooks_AndRecordsTheAnalysedMinutes()
    {
        var status = await Run(Request("good"));

        Assert.Equal("completed", status.Text("status"));
        Assert.Equal("analyzed", status.Text("result.outcome"));
        Assert.Equal("pass", status.Text("result.quality.confidence_gate"));
        Assert.Equal(["warrior_2", "tree"], status.At("result.segmentation.segments").EnumerateArray().Select(segment => segment.GetProperty("asana_id").GetString()));
        Assert.Equal(2, status.Number("result.assessment.total_segments"));
        Assert.Equal("green", status.Text("result.safety.allowed_actions.safety_label"));
        Assert.Equal(2, status.Number("result.playlist.total_items"));
        Assert.Equal("keep", status.Text("result.narration.main_feedback.focus_point"));
        Assert.Equal(3, status.At("result.report.three_key_points").GetArrayLength());
        Assert.Equal("improving", status.Text("result.report.progress_tracking.trend"));
        var seconds = status.At("result.segmentation.segments").EnumerateArray().Sum(segment => segment.GetProperty("end_time").GetDouble() - segment.GetProperty("start_time").GetDouble());
        Assert.Equal(Math.Round(seconds, 2) / 60, status.At("result.analysis_minutes").GetDouble(), 1e-5);
    }

    /// <summary>A result that nobody likes is a result, and no fault.</summary>
    [Theory]
    [InlineData("occluded", "re_shoot")]
    [InlineData("short", "re_shoot")]
    [InlineData("no-consent", "reject")]
    [InlineData("unknown", "not_in_library")]
    public async Task Step5_AnOutcomeWithoutAnalysis_CompletesTheJob_IsDelivered_AndBillsNothing(string scene, string outcome)
    {
        var status = await Run(Request(scene));

        Assert.Equal(("completed", outcome), (status.Text("status"), status.Text("result.outcome")));
        Assert.True(status.At("delivery.delivered").GetBoolean());
        Assert.Equal(0, status.At("result.analysis_minutes").GetDouble());
        Assert.Equal((0, 0), ((await Account()).Used, (await Account()).Reserved));
        Assert.NotEmpty(status.Text("result.delivery_bundle.main_card.text"));
    }

    [Fact]
    public async Task Step5_ReportedPain_IsRed_AndNothingIsAllowed()
    {
        var status = await Run(Request("pain"));

        Assert.Equal("red", status.Text("result.safety.allowed_actions.safety_label"));
        Assert.True(status.At("result.safety.pain_status.reported").GetBoolean());
    }

    [Fact]
    public async Task Step5_CapabilitiesAreResolvedByTheirCode()
    {
        var steps = (await State(await Created(Example))).Plan.Steps;

        Assert.Equal(
            ["yogacoach.quality_check", "yogacoach.motion_segmentation", "yogacoach.pose_assessment", "yogacoach.safety_engine", "yogacoach.coach_mapping", "yogacoach.narration_script",
                "yogacoach.session_report", "yogacoach.result_packager", "channel.deliver"],
            steps.Select(step => step.Handler));
    }

    [Fact]
    public async Task Error_AFailedPipeline_IsToldWithItsCause_AfterItsRetries()
    {
        using (var api = new Support.Api(Service.Client()))
            await api.Register("name: yogacoach-v0-0-2\nversion: 1\nsteps:\n  - { id: boom, uses: fail, with: { message: the camera was upside down, class: transient }, retry: { max_attempts: 3, initial: 1ms } }\n");

        var id = await Created(Request("good", version: "v0.0.2"));
        var status = await Ended(id);

        Assert.Equal("failed", status.Text("status"));
        Assert.Contains("the camera was upside down", status.Text("error"), StringComparison.Ordinal);
        Assert.Equal(["job_id", "status", "error"], status.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal(3, (await State(id)).Steps[0].Attempt);
    }

    [Fact]
    public async Task Error_AJobThatCannotBeMade_IsRefusedWith503_AndWhy()
    {
        await Service.Engine.StopAsync(default);

        var answer = await Create(Example);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.NotEmpty(answer.Text("error"));
        Assert.True(answer.Headers.Contains("Retry-After"));
    }

    [Theory]
    [InlineData(false, "unavailable", "1")]
    [InlineData(true, "disk-full", "5")]
    public async Task Error_OfTheStore_IsToldInTheContractsForm(bool isDiskFull, string code, string retryAfter)
    {
        var http = new Microsoft.AspNetCore.Http.DefaultHttpContext { Response = { Body = new MemoryStream() } };
        var filter = new Web.Contracts.StoreFaults(Microsoft.Extensions.Logging.Abstractions.NullLogger<Web.Contracts.StoreFaults>.Instance);

        var result = await filter.InvokeAsync(
            Microsoft.AspNetCore.Http.EndpointFilterInvocationContext.Create(http), _ => throw new BrokenStore(isDiskFull));
        await ((Microsoft.AspNetCore.Http.IResult)result!).ExecuteAsync(http);

        Assert.Equal((503, retryAfter), (http.Response.StatusCode, http.Response.Headers.RetryAfter.ToString()));
        var body = JsonElement.Parse(((MemoryStream)http.Response.Body).ToArray());
        Assert.Equal(["error", "code"], body.EnumerateObject().Select(field => field.Name));
        Assert.Equal(code, body.GetProperty("code").GetString());
        Assert.DoesNotContain("secret", body.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    /// <summary>Half a megabyte of keypoints is more than a job's input may have: it is packed, without loss.</summary>
    [Fact]
    public async Task Keypoints_OfALongRecording_FitIntoTheJob_Unchanged()
    {
        var request = Request("good");
        var input = (await State(await Created(request))).Spec.Input!.Value.GetProperty("keypoints_data");

        Assert.True(request.Length > 2 * JobLimits.PayloadBytes, "The request is as large as the test says.");
        Assert.True(Web.Contracts.Yogacoach.PackedKeypoints.IsPacked(input));
        var unpacked = Web.Contracts.Yogacoach.PackedKeypoints.Unpack(input);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(request).GetProperty("payload").GetProperty("keypoints_data"), unpacked));
    }

    [Fact]
    public async Task Keypoints_MayBeABareListOfFrames()
    {
        var frames = JsonElement.Parse(Request("good")).GetProperty("payload").GetProperty("keypoints_data").GetProperty("frames").GetRawText();

        // Without consent nothing is analysed; that it says so shows that the frames were read.
        var status = await Run(Example.Replace("{\"keypoints_data\":{}}", $"{{\"keypoints_data\":{frames}}}", StringComparison.Ordinal));

        Assert.Equal(("reject", 630), (status.Text("result.outcome"), status.Number("result.quality.privacy_receipt.frames_received")));
    }

    /// <summary>Null says nothing, in whatever field it may stand, and nothing fails on it when the job has been taken.</summary>
    [Theory]
    [InlineData("""{"video_metadata":null,"user_consent":null,"user_pain_report":null,"previous_scores":null,"frames":[]}""", "reject")]
    [InlineData("""{"video_metadata":{"duration":null,"resolution":null,"fps":null},"user_consent":true,"user_pain_report":{"reported":false,"areas":null},"previous_scores":null}""", "re_shoot")]
    public async Task Keypoints_MayHaveNulls_AsIfTheyWereLeftOut(string keypoints, string outcome)
    {
        var status = await Run(Example.Replace("{\"keypoints_data\":{}}", $"{{\"keypoints_data\":{keypoints}}}", StringComparison.Ordinal));

        Assert.Equal(("completed", outcome), (status.Text("status"), status.Text("result.outcome")));
    }

    private sealed class BrokenStore(bool isDiskFull) : Dispatcher.Store.StoreException("a secret path")
    {
        public override bool IsDiskFull => isDiskFull;
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    private static partial Regex Instant();
}
