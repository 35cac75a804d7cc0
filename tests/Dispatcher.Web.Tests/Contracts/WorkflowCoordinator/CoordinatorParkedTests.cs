using System.Net;
using System.Text;
using Dispatcher.Web.Tests.Support;

namespace Dispatcher.Web.Tests.Contracts.WorkflowCoordinator;

/// <summary>Jobs whose history this server cannot read: they are there, and what has become of them it does not know.</summary>
public sealed class CoordinatorParkedTests : CoordinatorTest
{
    [Fact]
    public async Task AJobThatCannotBeRead_IsUnavailable_AndIsNotMadeAgain()
    {
        var made = await Order();
        var number = made.Number("job_id");
        var (job, scene) = ((await EngineJobs(number))[0], await SceneId(number, 0));
        await Park(job);

        foreach (var (method, path) in new[]
        {
            ("GET", $"jobs/{number}"), ("POST", $"jobs/{number}/approve"), ("GET", $"jobs/{number}/scenes"), ("GET", $"jobs/{number}/scenes/{scene}"), ("PUT", $"jobs/{number}/scenes/{scene}"),
            ("DELETE", $"jobs/{number}/scenes/{scene}"), ("POST", $"jobs/{number}/scenes/{scene}/regenerate"), ("GET", $"videos/{number}/combined"),
        })
        {
            using var content = method == "PUT" ? new StringContent("""{"title":"x"}""", Encoding.UTF8, "application/json") : null;
            AssertParked(await Coordinator.Send(new HttpMethod(method), $"{Root}/{path}", content), job);
        }

        AssertParked(await Order(), job);
        Assert.Equal([job], await EngineJobs(number));
        Assert.Equal(HttpStatusCode.OK, (await Coordinator.Get($"{Root}/generated-videos")).Status);
    }

    /// <summary>What was before it is not the job any more, and a change of that would be lost.</summary>
    [Fact]
    public async Task ARevisionThatCannotBeRead_IsNotReplacedByTheOneBefore()
    {
        var number = await Completed(pairs: 1);
        var scene = $"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}";
        await Coordinator.Put(scene, """{"title":"Another"}""");
        var revision = (await EngineJobs(number))[0];
        await Park(revision);

        AssertParked(await Job(number), revision);
        AssertParked(await Coordinator.Put(scene, """{"title":"A third"}"""), revision);
        Assert.Equal(2, (await EngineJobs(number)).Count);
        Assert.Equal(number, (await Coordinator.Get($"{Root}/generated-videos")).Number("data.0.job_id"));
    }

    /// <summary>Its scenes stand as they stand there, and nobody can say how that is.</summary>
    [Fact]
    public async Task AJobWhoseSourceCannotBeRead_IsUnavailable()
    {
        var number = await Completed(pairs: 1);
        await Coordinator.Put($"{Root}/jobs/{number}/scenes/{await SceneId(number, 0)}", """{"title":"Another"}""");
        var first = (await EngineJobs(number))[1];
        await Park(first);

        AssertParked(await Scenes(number), first);
        Assert.Empty((await Coordinator.Get($"{Root}/generated-videos")).At("data").EnumerateArray());
    }

    private Task<Answer> Order() => Coordinator.Post($"{Root}/jobs/from-image-pairs", $$"""{"campaign_id":"{{Campaign}}","num_pairs":1}""", ("Idempotency-Key", "once"));

    private async Task Park(string job)
    {
        await Service.Spoil(job);
        await Restart();
        Coordinator.Dispose();
        Coordinator = NewApi();
    }

    private static void AssertParked(Answer answer, string job)
    {
        Assert.True(answer.Status == HttpStatusCode.ServiceUnavailable, answer.ToString());
        Assert.Equal(("parked", job), (answer.Text("code"), answer.Text("job_id")));
        Assert.Contains(Spoiling.UnknownEvent, answer.Text("error"), StringComparison.Ordinal);
        Assert.Equal("60", Assert.Single(answer.Headers.GetValues("Retry-After")));
    }
}
