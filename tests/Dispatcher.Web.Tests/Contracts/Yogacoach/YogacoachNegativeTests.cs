using System.Net;
using Dispatcher.Store;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach;

/// <summary>What the contract refuses: wrong tenants and sessions, duplicates at once, malformed and huge bodies.</summary>
public sealed class YogacoachNegativeTests : YogacoachTest
{
    public static TheoryData<string, string> MalformedBodies => new()
    {
        { "", "invalid-json" },
        { "nonsense", "invalid-json" },
        { "[]", "invalid-json" },
        { "null", "invalid-json" },
        { "{\"payload_type\":\"keypoints\",\"payload_type\":\"keypoints\"}", "invalid-json" },
        { "{}", "invalid-request" },
        { "{\"job_id\":\"x\",\"payload_type\":\"keypoints\"}", "invalid-request" },
    };

    public static TheoryData<string, string> MalformedKeypoints => new()
    {
        { "7", "" },
        { "{\"frames\":7}", ".frames" },
        { "{\"frames\":[7]}", ".frames[0]" },
        { "[{\"timestamp\":0,\"keypoints\":{}}]", "[0].frame_id" },
        { "[{\"frame_id\":1.5,\"timestamp\":0,\"keypoints\":{}}]", "[0].frame_id" },
        { "[{\"frame_id\":0,\"keypoints\":{}}]", "[0].timestamp" },
        { "[{\"frame_id\":0,\"timestamp\":-1,\"keypoints\":{}}]", "[0].timestamp" },
        { "[{\"frame_id\":0,\"timestamp\":1e300,\"keypoints\":{}}]", "[0].timestamp" },
        { "[{\"frame_id\":0,\"timestamp\":1,\"keypoints\":{}},{\"frame_id\":1,\"timestamp\":0.5,\"keypoints\":{}}]", "[1].timestamp" },
        { "[{\"frame_id\":0,\"timestamp\":0}]", "[0].keypoints" },
        { "[{\"frame_id\":0,\"timestamp\":0,\"keypoints\":{\"nose\":{\"x\":1,\"y\":2}}}]", "[0].keypoints.nose" },
        { "[{\"frame_id\":0,\"timestamp\":0,\"keypoints\":{\"nose\":{\"x\":1,\"y\":2,\"confidence\":1.1}}}]", "[0].keypoints.nose" },
        { "[{\"frame_id\":0,\"timestamp\":0,\"keypoints\":{\"nose\":{\"x\":1e9,\"y\":2,\"confidence\":1}}}]", "[0].keypoints.nose" },
        { "[{\"frame_id\":0,\"timestamp\":0,\"keypoints\":{\"nose\":[1,2,1]}}]", "[0].keypoints.nose" },
        { "{\"video_metadata\":{\"duration\":-1}}", ".video_metadata.duration" },
        { "{\"video_metadata\":{\"resolution\":\"big\"}}", ".video_metadata.resolution" },
        { "{\"video_metadata\":{\"fps\":\"30\"}}", ".video_metadata.fps" },
        { "{\"user_consent\":\"yes\"}", ".user_consent" },
        { "{\"user_pain_report\":{\"reported\":\"a bit\"}}", ".user_pain_report" },
        { "{\"user_pain_report\":{\"reported\":true,\"areas\":[7]}}", ".user_pain_report.areas" },
        { "{\"previous_scores\":[2]}", ".previous_scores" },
        { "{\"user_pain_report\":{\"reported\":true,\"areas\":[\"\"]}}", ".user_pain_report.areas" },
        { $"{{\"user_pain_report\":{{\"reported\":true,\"areas\":[\"{new string('x', 101)}\"]}}}}", ".user_pain_report.areas" },
        { $"{{\"user_pain_report\":{{\"reported\":true,\"areas\":[{string.Join(',', Enumerable.Repeat("\"knee\"", 21))}]}}}}", ".user_pain_report.areas" },
        { "{\"video_metadata\":{\"resolution\":\"axb\"}}", ".video_metadata.resolution" },
        { "{\"video_metadata\":{\"resolution\":\"0x480\"}}", ".video_metadata.resolution" },
        { "{\"video_metadata\":{\"resolution\":\"640x-480\"}}", ".video_metadata.resolution" },
        { "{\"video_metadata\":{\"resolution\":\"640x480x3\"}}", ".video_metadata.resolution" },
        { "{\"video_metadata\":{\"resolution\":\"100001x480\"}}", ".video_metadata.resolution" },
        { "{\"video_metadata\":{\"resolution\":\"99999999999x480\"}}", ".video_metadata.resolution" },
        // A reader that does not care for case would take the second name's value, which nobody has measured.
        { "{\"Frames\":[]}", ".Frames" },
        { "{\"frames\":[],\"FRAMES\":[{\"frame_id\":0,\"timestamp\":0,\"keypoints\":{}}]}", ".FRAMES" },
        { "[{\"frame_id\":0,\"timestamp\":0,\"Timestamp\":900,\"keypoints\":{}}]", "[0].Timestamp" },
        { "[{\"frame_id\":0,\"timestamp\":0,\"keypoints\":{},\"Keypoints\":{\"nose\":{\"x\":1,\"y\":2,\"confidence\":1}}}]", "[0].Keypoints" },
        { "[{\"frame_id\":0,\"timestamp\":0,\"keypoints\":{\"nose\":{\"x\":1,\"y\":2,\"confidence\":0,\"Confidence\":1}}}]", "[0].keypoints.nose.Confidence" },
        { "{\"video_metadata\":{\"duration\":1,\"Duration\":900}}", ".video_metadata.Duration" },
        { "{\"User_Consent\":true}", ".User_Consent" },
        { "{\"user_pain_report\":{\"reported\":false,\"Reported\":true}}", ".user_pain_report.Reported" },
        { "{\"packed\":\"gzip\",\"data\":\"AAAA\"}", ".packed" },
    };

    [Fact]
    public async Task Session_Missing_IsRefused()
    {
        var answer = await Send(HttpMethod.Post, Jobs, Example);

        Assert.Equal((HttpStatusCode.BadRequest, "missing-session"), (answer.Status, answer.Text("code")));
    }

    [Theory]
    [InlineData("x-session-id", "")]
    [InlineData("x-session-id", "with space")]
    [InlineData("x-session-id", "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")]
    [InlineData("x-plan-id", "with space")]
    [InlineData("x-subject-user-id", "with space")]
    public async Task Envelope_ThatIsMalformed_IsRefusedByItsHeader(string header, string value)
    {
        var answer = await Send(HttpMethod.Post, Jobs, Example, header == "x-session-id" ? [(header, value)] : [("x-session-id", "s"), (header, value)]);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-header"), (answer.Status, answer.Text("code")));
        Assert.Equal(header, answer.Text("faults.0.path"));
    }

    [Fact]
    public async Task Session_OfAnother_DoesNotSeeTheJob()
    {
        var id = await Created(Example, "mine");

        Assert.Equal(HttpStatusCode.OK, (await Status(id, ("x-session-id", "mine"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Status(id, ("x-session-id", "min"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Status(id, ("x-session-id", "other"))).Status);
    }

    [Fact]
    public async Task Tenant_Foreign_SeesNothing_AndHasJobsOfItsOwn()
    {
        var acme = await OtherTenant("acme");
        var globex = await OtherTenant("globex");
        await SetPlan(10, "acme");
        await SetPlan(10, "globex");
        var (one, other) = (await Create(Example, "s", acme), await Create(Example, "s", globex));

        Assert.NotEqual(one.Text("job_id"), other.Text("job_id"));
        var (foreign, none) = (await Status(one.Text("job_id"), globex), await Status("01a229c1-49f9-7000-a617-705a0f810638", globex));
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (foreign.Status, none.Status));
        Assert.Equal(none.Content.Replace("01a229c1-49f9-7000-a617-705a0f810638", one.Text("job_id"), StringComparison.Ordinal), foreign.Content);
        Assert.Equal(HttpStatusCode.NotFound, (await Send(HttpMethod.Post, Jobs, $$"""{"job_id":"{{one.Text("job_id")}}"}""", globex)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Status(one.Text("job_id"), acme)).Status);
    }

    [Fact]
    public async Task Tenant_InAHeader_MustBeTheKeys()
    {
        Assert.Equal(HttpStatusCode.Accepted, (await Create(Example, "s", ("x-tenant-id", "default"))).Status);
        foreach (var answer in new[] { await Create(Example, "s", ("x-tenant-id", "acme")), await Status("x", ("x-tenant-id", "acme")), await Send(HttpMethod.Post, Quota, "{}", ("x-tenant-id", "acme")) })
            Assert.Equal((HttpStatusCode.Forbidden, "foreign-tenant"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task Tenant_WithoutAKey_IsRefused_AsSoonAsThereAreKeys()
    {
        await OtherTenant("acme");

        Assert.Equal(HttpStatusCode.Unauthorized, (await Create(Example)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Status("x")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Guard("{}")).Status);
    }

    [Fact]
    public async Task Viewer_MayLook_AndMakesNothing()
    {
        var viewer = await OtherTenant("acme", "viewer");

        Assert.Equal(HttpStatusCode.Forbidden, (await Create(Example, "s", viewer)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Send(HttpMethod.Post, Quota, "{}", viewer)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Status("x", viewer)).Status);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("job-abc123")]
    [InlineData("01a229c1-49f9-7000-a617-705a0f810638")]
    [InlineData("%2e%2e%2f")]
    public async Task Job_Unknown_IsNotFound(string id)
    {
        var answer = await Status(id);

        Assert.Equal((HttpStatusCode.NotFound, "not-found"), (answer.Status, answer.Text("code")));
        Assert.StartsWith("There is no job", answer.Text("error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_OfAnotherKind_IsNotFound()
    {
        using var api = new Api(Service.Client());
        await api.Register(Support.Workflows.Quick);

        Assert.Equal(HttpStatusCode.NotFound, (await Status(await api.Create("""{"workflow":"quick"}"""))).Status);
    }

    /// <summary>Jobs that the application itself has made.</summary>
    [Theory]
    [InlineData("quick", "mine")]
    [InlineData("quick", null)]
    [InlineData("yogacoach-v0-0-3", "mine")]
    [InlineData("yogacoach-v0-0-3", null)]
    public async Task Job_WithAForeignKeyOrOfAnotherWorkflow_IsNotFound(string workflow, string? key)
    {
        using var api = new Api(Service.Client());
        await api.Register($"name: {workflow}\nversion: 1\nsteps:\n  - {{ id: one, uses: noop }}\n");
        var id = await Service.Services.GetRequiredService<IDispatcherClient>().Submit(workflow, new { text = "no session" }, new SubmitOptions { IdempotencyKey = key });

        Assert.Equal(HttpStatusCode.NotFound, (await Status(id.ToString())).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Status(id.ToString(), ("x-session-id", "session-1"))).Status);
    }

    /// <summary>A hundred at once, with one session and version: one job, one reservation, and one answer of 202.</summary>
    [Fact]
    public async Task Duplicates_AHundredAtOnce_AreOneJobAndOneReservation()
    {
        var version = await RegisterBlocked();
        var body = Request("short", version: version);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Create(body, "same")));

        Assert.Equal(1, answers.Count(answer => answer.Status == HttpStatusCode.Accepted));
        Assert.Equal(99, answers.Count(answer => answer.Status == HttpStatusCode.OK));
        Assert.Single(answers.Select(answer => answer.Text("job_id")).Distinct());
        Assert.Single((await Service.Engine.Store.ListJobs(new JobQuery { Limit = 10 })).Rows);
        Assert.Equal(1, (await Account()).Reserved);
        Assert.Single(await Ledger(), entry => entry.Kind == QuotaEntryKind.Reserved);
        Block.Release();
        await Ended(answers[0].Text("job_id"));
        Assert.Equal((1, 0), ((await Account()).Used, (await Account()).Reserved));
    }

    /// <summary>Ten sessions want one minute each, and there are four.</summary>
    [Fact]
    public async Task Quota_IsNeverExceeded_ByRequestsAtOnce()
    {
        var version = await RegisterBlocked();
        await SetPlan(4);
        var body = Request("good", version: version);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(number => Create(body, $"s-{number}")));

        Assert.Equal(4, answers.Count(answer => answer.Status == HttpStatusCode.Accepted));
        Assert.Equal(6, answers.Count(answer => answer.Status == HttpStatusCode.PaymentRequired));
        Assert.Equal((4, 0), ((await Account()).Reserved, (await Account()).Remaining));
        Block.Release();
    }

    [Theory]
    [MemberData(nameof(MalformedBodies))]
    public async Task Body_Malformed_IsRefused(string body, string code)
    {
        var answer = await Create(body);

        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.Status, answer.Text("code")));
        Assert.NotEmpty(answer.Text("error"));
    }

    [Fact]
    public async Task Body_OfAnotherType_IsRefused()
    {
        using var client = new HttpClient { BaseAddress = Service.Address };
        using var content = new StringContent(Example, System.Text.Encoding.UTF8, "text/plain");
        using var answer = await client.PostAsync(Jobs, content);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Theory]
    [InlineData("\"payload_type\":\"keypoints\"", "\"payload_type\":7", "payload_type")]
    [InlineData("\"payload\":{\"keypoints_data\":{}}", "\"payload\":{}", "payload.keypoints_data")]
    [InlineData("\"payload\":{\"keypoints_data\":{}}", "\"payload\":[]", "payload")]
    [InlineData("\"payload\":{\"keypoints_data\":{}}", "\"payload\":{\"keypoints_data\":[],\"user_consent\":true}", "payload.user_consent")]
    [InlineData("\"channel\":\"web\"", "\"channel\":\"\"", "callback_config.channel")]
    [InlineData("\"user_id\":\"user-123\"", "\"user\":\"user-123\"", "callback_config.user_id")]
    [InlineData("\"pipeline_version\":\"v1.2.0\"", "\"pipeline_version\":null", "pipeline_version")]
    [InlineData("\"pipeline_version\":\"v1.2.0\"", "\"pipeline_version\":\"v1.2.0\",\"priority\":9", "priority")]
    public async Task Field_MissingWrongOrUnknown_IsNamed(string good, string bad, string path)
    {
        var answer = await Create(Example.Replace(good, bad, StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), (answer.Status, answer.Text("code")));
        Assert.Contains(answer.At("faults").EnumerateArray(), fault => fault.GetProperty("path").GetString() == path);
    }

    /// <summary>An answer is no longer than a person reads, whatever was asked.</summary>
    [Fact]
    public async Task Fields_Unknown_AreNamedUpToALimit()
    {
        var many = string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"{i:D100}\":0"));
        foreach (var answer in new[]
        {
            await Create(Example.Replace("{\"payload_type\"", $"{{{many},\"payload_type\"", StringComparison.Ordinal)),
            await Guard($"{{{many},\"action\":\"check\",\"resource_request\":{{\"estimated_billable_minutes\":1}}}}"),
            await Guard($"{{\"action\":\"check\",\"resource_request\":{{{many},\"estimated_billable_minutes\":1}}}}"),
        })
        {
            Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), (answer.Status, answer.Text("code")));
            Assert.Equal(20, answer.At("faults").GetArrayLength());
            Assert.InRange(answer.Body.Length, 1, 10_000);
        }
    }

    [Theory]
    [InlineData("v9.9.9")]
    [InlineData("v1.2")]
    [InlineData("1.2.0")]
    [InlineData("v1.2.0.0")]
    [InlineData("v1..0")]
    [InlineData("latest")]
    [InlineData("v1.2.0/../../secret")]
    public async Task PipelineVersion_Unknown_IsRefused(string version)
    {
        var answer = await Create(Example.Replace("v1.2.0", version, StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "unknown-pipeline-version"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task PipelineVersion_CannotSpellAnotherSession()
    {
        await Created(Example, "session:b");

        var answer = await Create(Example.Replace("v1.2.0", "b:v1.2.0", StringComparison.Ordinal), "session");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "unknown-pipeline-version"), (answer.Status, answer.Text("code")));
    }

    [Fact]
    public async Task Channel_Unknown_IsRefused()
    {
        var answer = await Create(Example.Replace("\"web\"", "\"pigeon\"", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "unknown-channel"), (answer.Status, answer.Text("code")));
    }

    [Theory]
    [MemberData(nameof(MalformedKeypoints))]
    public async Task Keypoints_Malformed_AreRefusedWithTheirPlace(string keypoints, string path)
    {
        var answer = await Create(Example.Replace("{\"keypoints_data\":{}}", $"{{\"keypoints_data\":{keypoints}}}", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "invalid-keypoints"), (answer.Status, answer.Text("code")));
        Assert.Contains(answer.At("faults").EnumerateArray(), fault => fault.GetProperty("path").GetString() == $"payload.keypoints_data{path}");
        Assert.Equal(0, (await Account()).Reserved);
    }

    [Fact]
    public async Task Keypoints_WithFaultsEverywhere_AreAnsweredWithTwenty()
    {
        var answer = await Create(Example.Replace("{\"keypoints_data\":{}}", $"{{\"keypoints_data\":[{string.Join(',', Enumerable.Repeat("7", 5000))}]}}", StringComparison.Ordinal));

        Assert.Equal(20, answer.At("faults").GetArrayLength());
    }

    /// <summary>Sixteen megabytes are the most that a body may have.</summary>
    [Fact]
    public async Task Body_Huge_IsRefused()
    {
        var answer = await Create(Example.Replace("user-123", new string('x', 17 * 1024 * 1024), StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
    }

    /// <summary>Numbers with sixteen digits do not get smaller by packing.</summary>
    [Fact]
    public async Task Keypoints_ThatDoNotFitIntoAJob_AreRefusedWithWhatToDo()
    {
        var chance = new Yoga.Recordings.Chance(1);
        string Joint() => $$"""{"x":{{chance.Uniform():R}},"y":{{chance.Uniform():R}},"confidence":{{chance.Uniform():R}} }""";
        var frames = Enumerable.Range(0, 3000).Select(i => $$"""{"frame_id":{{i}},"timestamp":{{i}},"keypoints":{"nose":{{Joint()}},"left_eye":{{Joint()}},"left_ear":{{Joint()}} } }""");

        var answer = await Create(Example.Replace("{\"keypoints_data\":{}}", $"{{\"keypoints_data\":[{string.Join(',', frames)}]}}", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "payload-too-large"), (answer.Status, answer.Text("code")));
        Assert.Contains("fewer digits", answer.Text("error"), StringComparison.Ordinal);
        Assert.Equal(0, (await Account()).Reserved);
    }
}
