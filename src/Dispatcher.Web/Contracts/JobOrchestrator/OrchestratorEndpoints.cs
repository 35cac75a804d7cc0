using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Json;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts.JobOrchestrator;

using Answer = Task<Results<JsonOk<WorkflowState>, Accepted<WorkflowReceipt>, ProblemHttpResult>>;

/// <summary>
/// The JobOrchestrator over HTTP. The contract has no endpoints of its own; these have its words, and the form of the rest of the gateway: a ValidationError is a problem whose
/// detail is the contract's text.
/// </summary>
internal static class OrchestratorEndpoints
{
    private const string Root = "/api/workflows/orchestrator";
    private const int DefaultLimit = 100;

    public static void MapJobOrchestrator(this IEndpointRouteBuilder root)
    {
        var workflows = root.MapGroup(Root).WithTags("job-orchestrator");
        workflows.MapPost("", Create).WithName("orchestratorCreate").RequireRole(Role.Submitter).Refuses(ProblemCode.InvalidRequest, ProblemCode.PayloadTooLarge)
            .WithExample("""{"job_id":1,"name":"Dataset Build Workflow","steps":[{"name":"Download Images","task_type":"download","handler":"noop","max_retries":3,"estimated_duration":300}]}""");
        workflows.MapGet("", List).WithName("orchestratorList").RequireRole(Role.Viewer).Refuses(ProblemCode.InvalidRequest);
        workflows.MapGet("/{id:long}", Show).WithName("orchestratorGet").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound);
        workflows.MapGet("/{id:long}/progress", Progress).WithName("orchestratorProgress").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound);
        workflows.MapGet("/{id:long}/tasks", Tasks).WithName("orchestratorTasks").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound, ProblemCode.InvalidRequest);
        workflows.MapGet("/tasks/{celeryTaskId}", FindTask).WithName("orchestratorFindTask").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound);
        workflows.MapPost("/{id:long}/start", Start).WithName("orchestratorStart").RequireRole(Role.Submitter).RefusesMoves();
        workflows.MapPost("/{id:long}/execute", Execute).WithName("orchestratorExecute").RequireRole(Role.Submitter).RefusesMoves();
        workflows.MapPost("/{id:long}/pause", Pause).WithName("orchestratorPause").RequireRole(Role.Operator).RefusesMoves();
        workflows.MapPost("/{id:long}/cancel", Cancel).WithName("orchestratorCancel").RequireRole(Role.Submitter).RefusesMoves();
        workflows.MapPost("/{id:long}/recover", Recover).WithName("orchestratorRecover").RequireRole(Role.Operator).RefusesMoves();
    }

    private static RouteHandlerBuilder RefusesMoves(this RouteHandlerBuilder endpoint) => endpoint.Refuses(ProblemCode.InvalidRequest, ProblemCode.ReasonTooLong, ProblemCode.NotFound, ProblemCode.InvalidStatus);

    /// <summary>Make a workflow</summary>
    /// <remarks>It waits in `pending` until it is started. Its steps run one after the other.</remarks>
    internal static Task<Results<JsonCreated<WorkflowState>, Accepted<WorkflowReceipt>, ProblemHttpResult>> Create(CreateWorkflowRequest request, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Ordered(http, async () =>
        {
            var made = await Of(caller, http, engine, reader, numbers).CreateWorkflow(request.JobId, request.ToSpec(), request.Metadata);
            return JsonAnswers.Created($"{Root}/{made.Id}", made);
        });

    /// <summary>List workflows</summary>
    /// <remarks>Give one of `state` and `job_id`.</remarks>
    /// <param name="state">`active` (running and recovering), `failed` or `recoverable`.</param>
    /// <param name="job_id">The newest workflow of this job of the caller.</param>
    /// <param name="limit">1..1000; 100 if absent.</param>
    internal static Task<Results<JsonOk<WorkflowList>, ProblemHttpResult>> List(string? state, long? job_id, int? limit, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Guarded<JsonOk<WorkflowList>>(http, async () =>
        {
            if (state is null == job_id is null) throw new WorkflowValidationException("give state (active, failed or recoverable) or job_id");
            if (limit is < 1 or > Orchestrator.ListLimit) throw new WorkflowValidationException($"limit must be 1 to {Orchestrator.ListLimit}, not {limit}");
            var orchestrator = Of(caller, http, engine, reader, numbers);
            var count = limit ?? DefaultLimit;
            return JsonAnswers.Ok(new WorkflowList(state switch
            {
                null => await orchestrator.GetWorkflowByJob(job_id!.Value) is { } one ? [one] : [],
                "active" => await orchestrator.GetActiveWorkflows(count),
                "failed" => await orchestrator.GetFailedWorkflows(count),
                "recoverable" => await orchestrator.GetRecoverableWorkflows(count),
                _ => throw new WorkflowValidationException("state must be active, failed or recoverable"),
            }));
        });

    /// <summary>Show a workflow</summary>
    /// <param name="id">Its number.</param>
    internal static Task<Results<JsonOk<WorkflowState>, ProblemHttpResult>> Show(long id, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Guarded<JsonOk<WorkflowState>>(http, async () => JsonAnswers.Ok(await Of(caller, http, engine, reader, numbers).GetWorkflow(id) ?? throw new WorkflowNotFoundException(id)));

    /// <summary>Show how far a workflow is</summary>
    /// <param name="id">Its number.</param>
    internal static Task<Results<JsonOk<WorkflowProgress>, ProblemHttpResult>> Progress(long id, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Guarded<JsonOk<WorkflowProgress>>(http, async () => JsonAnswers.Ok(await Of(caller, http, engine, reader, numbers).GetWorkflowProgress(id)));

    /// <summary>List the tasks of a workflow</summary>
    /// <param name="id">Its number.</param>
    /// <param name="status">One status, or `retryable`; all if absent.</param>
    internal static Task<Results<JsonOk<WorkflowTaskList>, ProblemHttpResult>> Tasks(long id, string? status, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Guarded<JsonOk<WorkflowTaskList>>(http, async () =>
        {
            var orchestrator = Of(caller, http, engine, reader, numbers);
            if (status == "retryable") return JsonAnswers.Ok(new WorkflowTaskList(await orchestrator.GetRetryableTasks(id)));
            if (status is not null && !KebabCaseEnumConverter<WorkflowTaskStatus>.TryParse(status, out _)) throw new WorkflowValidationException("status must be a task's status, or retryable");
            return JsonAnswers.Ok(new WorkflowTaskList([.. (await orchestrator.GetTasks(id)).Where(task => status is null || task.Status.ToText() == status)]));
        });

    /// <summary>Find the task that a worker has</summary>
    /// <param name="celeryTaskId">The lease that the worker protocol has given for it.</param>
    internal static Task<Results<JsonOk<WorkflowTask>, ProblemHttpResult>> FindTask(string celeryTaskId, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Guarded<JsonOk<WorkflowTask>>(http, async () => await Of(caller, http, engine, reader, numbers).GetTaskByCeleryTaskId(celeryTaskId) is { } task
            ? JsonAnswers.Ok(task)
            : Refusal.NotFound("No worker has a task under this id.").ToProblem(http));

    /// <summary>Start a workflow</summary>
    /// <param name="id">Its number.</param>
    internal static Answer Start(long id, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Ordered(http, async () => JsonAnswers.Ok(await Of(caller, http, engine, reader, numbers).StartWorkflow(id)));

    /// <summary>Let a workflow run to its end</summary>
    /// <remarks>Starts it if it is pending and answers at once; its progress tells the rest. One that has started, or was recovered, runs already.</remarks>
    /// <param name="id">Its number.</param>
    internal static Answer Execute(long id, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Ordered(http, async () =>
        {
            var orchestrator = Of(caller, http, engine, reader, numbers);
            var state = await orchestrator.GetWorkflow(id) ?? throw new WorkflowNotFoundException(id);
            return state.Status switch
            {
                WorkflowStatus.Pending => JsonAnswers.Ok(await orchestrator.StartWorkflow(id)),
                WorkflowStatus.Running or WorkflowStatus.Recovering => JsonAnswers.Ok(state),
                _ => throw new WorkflowValidationException($"Cannot execute workflow in {state.Status.ToText()} state") { IsOfState = true },
            };
        });

    /// <summary>Pause a workflow</summary>
    /// <remarks>The running step ends; the next one does not start before a recovery.</remarks>
    /// <param name="id">Its number.</param>
    internal static Answer Pause(long id, WorkflowReasonRequest? request, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Ordered(http, async () => JsonAnswers.Ok(await Of(caller, http, engine, reader, numbers).PauseWorkflow(id, request?.Reason)));

    /// <summary>Cancel a workflow</summary>
    /// <remarks>The running step is asked to stop; the others are cancelled.</remarks>
    /// <param name="id">Its number.</param>
    internal static Answer Cancel(long id, WorkflowReasonRequest? request, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Ordered(http, async () => JsonAnswers.Ok(await Of(caller, http, engine, reader, numbers).CancelWorkflow(id, request?.Reason)));

    /// <summary>Recover a workflow from a step</summary>
    /// <remarks>A failed one restarts there, and results before it stay; a paused one goes on where it was.</remarks>
    /// <param name="id">Its number.</param>
    internal static Answer Recover(long id, RecoverWorkflowRequest request, Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers) =>
        Ordered(http, async () => JsonAnswers.Ok(await Of(caller, http, engine, reader, numbers).RecoverWorkflow(id, request.FromStep, request.Reason)));

    private static Orchestrator Of(Caller caller, HttpContext http, DispatcherEngine engine, JobReader reader, WorkflowNumbers numbers)
    {
        var origin = RequestOrigin.Of(caller, http);
        return new Orchestrator(engine, reader, numbers, caller.Tenant, origin.By) { Origin = (origin.CorrelationId, origin.TraceParent) };
    }

    private static async Task<Results<TGood, ProblemHttpResult>> Guarded<TGood>(HttpContext http, Func<Task<Results<TGood, ProblemHttpResult>>> answer)
        where TGood : IResult
    {
        try
        {
            return await answer();
        }
        catch (Exception fault) when (RefusalOf(fault) is { } refusal)
        {
            return refusal.ToProblem(http);
        }
    }

    /// <summary>An order may be durable before anybody knows what comes of it.</summary>
    private static async Task<Results<TGood, Accepted<WorkflowReceipt>, ProblemHttpResult>> Ordered<TGood>(HttpContext http, Func<Task<TGood>> order)
        where TGood : IResult
    {
        try
        {
            return await order();
        }
        catch (WorkflowAcceptedException accepted)
        {
            return TypedResults.Accepted($"{Root}/{accepted.WorkflowId}", new WorkflowReceipt(accepted.WorkflowId, "accepted"));
        }
        catch (Exception fault) when (RefusalOf(fault) is { } refusal)
        {
            return refusal.ToProblem(http);
        }
    }

    /// <summary>Null for what is no refusal.</summary>
    private static Refusal? RefusalOf(Exception fault) => fault switch
    {
        WorkflowValidationException { Rejection: { } rejection } => Rejections.ToRefusal(rejection),
        WorkflowValidationException { IsOfState: true } => new Refusal(StatusCodes.Status409Conflict, ProblemCode.InvalidStatus.Name, fault.Message),
        WorkflowValidationException => Refusal.Invalid(ProblemCode.InvalidRequest.Name, fault.Message),
        WorkflowNotFoundException => Refusal.NotFound(fault.Message),
        DispatcherRefusedException refused => Rejections.ToRefusal(new Rejection(refused.Code, refused.Message)),
        DispatcherUnavailableException unavailable => Refusal.Unavailable(new CommandReply.Unavailable(unavailable.Message) { IsDiskFull = unavailable.IsDiskFull }),
        _ => null,
    };
}
