namespace Dispatcher.Web.Problems;

/// <summary>One of the codes that refusals carry.</summary>
/// <param name="Name">Stable, lower case with dashes.</param>
/// <param name="Status">The HTTP status that it comes with.</param>
/// <param name="Meaning">When it is given, in a sentence without a period.</param>
internal sealed record ProblemCode(string Name, int Status, string Meaning)
{
    public static ProblemCode BadRequest { get; } = new("bad-request", 400, "A value in the address or a header has a form that is not allowed there, or a body is missing");

    public static ProblemCode InvalidHeader { get; } = new("invalid-header", 400, "A header that Dispatcher reads has a form that is not allowed");

    public static ProblemCode InvalidJson { get; } = new("invalid-json", 400, "The body is not JSON");

    public static ProblemCode InvalidBody { get; } = new("invalid-body", 400, "The body is JSON, but not the JSON that the endpoint takes: an unknown, missing or repeated field, or a wrong type");

    public static ProblemCode InvalidRequest { get; } = new("invalid-request", 400, "Values are not allowed, or do not go together; faults lists each");

    public static ProblemCode InvalidCursor { get; } = new("invalid-cursor", 400, "The cursor was changed, or belongs to another list");

    public static ProblemCode InvalidIfMatch { get; } = new("invalid-if-match", 400, "If-Match is not one version of a job");

    public static ProblemCode InvalidPosition { get; } = new("invalid-position", 400, "The place from which a stream is to go on is none");

    public static ProblemCode InvalidTypes { get; } = new("invalid-types", 400, "A type of events is not known");

    public static ProblemCode InvalidKey { get; } = new("invalid-key", 400, "What is asked for a key is not allowed");

    public static ProblemCode ArtifactPath { get; } = new("artifact-path", 400, "A file's path is not allowed");

    public static ProblemCode InvalidEncoding { get; } = new("invalid-encoding", 400, "The body is not UTF-8");

    public static ProblemCode NameMismatch { get; } = new("name-mismatch", 400, "The definition has another name or version than the path");

    public static ProblemCode ReservedName { get; } = new("reserved-name", 400, "The name belongs to Dispatcher's own workflows");

    public static ProblemCode InvalidPriority { get; } = new("invalid-priority", 400, "A priority is not from -100 to 100");

    public static ProblemCode ReasonTooLong { get; } = new("reason-too-long", 400, "A reason has more than 500 characters");

    public static ProblemCode InvalidSchedule { get; } = new("invalid-schedule", 400, "A schedule is wrong: its expression, zone, times or labels; faults lists each, with the column of an expression");

    public static ProblemCode InvalidPattern { get; } = new("invalid-pattern", 400, "A pattern is wrong: its schema or its expressions; faults lists each");

    public static ProblemCode InvalidRange { get; } = new("invalid-range", 400, "A range of times cannot be filled: it begins before 1970, reaches into the future, or has too many times");

    public static ProblemCode Unauthorized { get; } = new("unauthorized", 401, "No key or token was given, or it is not known, expired or revoked");

    public static ProblemCode QuotaExceeded { get; } = new("quota-exceeded", 402, "The tenant's plan has not enough of a meter, or there is no plan; meter, plan, limit, used, reserved, remaining, needed and upgrade say more");

    public static ProblemCode Forbidden { get; } = new("forbidden", 403, "The key or token does not have the role that the endpoint needs");

    public static ProblemCode KeysRequired { get; } = new("keys-required", 403, "The server has no keys yet and serves only its own machine");

    public static ProblemCode CrossOrigin { get; } = new("cross-origin", 403, "A page of another origin has sent the request");

    public static ProblemCode NotFound { get; } = new("not-found", 404, "There is no such thing, or it is another tenant's");

    public static ProblemCode UnknownWorkflow { get; } = new("unknown-workflow", 404, "The tenant has no workflow of this name or version");

    public static ProblemCode UnknownStep { get; } = new("unknown-step", 404, "The job has no such step");

    public static ProblemCode UnknownEvent { get; } = new("unknown-event", 404, "The job has no event of this number yet");

    public static ProblemCode UnknownKey { get; } = new("unknown-key", 404, "The tenant has no such key");

    public static ProblemCode UnknownLease { get; } = new("unknown-lease", 404, "The tenant has given no such lease to a worker");

    public static ProblemCode UnknownNode { get; } = new("unknown-node", 404, "No such node lives in the cluster");

    public static ProblemCode UnknownShard { get; } = new("unknown-shard", 404, "There is no shard of this number");

    public static ProblemCode NoWorkers { get; } = new("no-workers", 404, "The server was set up without the handler worker");

    public static ProblemCode UnknownSchedule { get; } = new("unknown-schedule", 404, "The tenant has no such schedule");

    public static ProblemCode UnknownPattern { get; } = new("unknown-pattern", 404, "The tenant has no pattern of this id or version");

    public static ProblemCode MethodNotAllowed { get; } = new("method-not-allowed", 405, "The path does not take this method");

    public static ProblemCode RequestTimeout { get; } = new("request-timeout", 408, "The body came too slowly");

    public static ProblemCode InvalidStatus { get; } = new("invalid-status", 409, "The job's status does not allow the command; job_status, version and allowed say what it is and what it allows");

    public static ProblemCode IdempotencyConflict { get; } = new("idempotency-conflict", 409, "The idempotency key belongs to a job that was asked for with another request; job_id names it");

    public static ProblemCode WorkflowExists { get; } = new("workflow-exists", 409, "The version is registered with another definition");

    public static ProblemCode ScheduleConflict { get; } = new("schedule-conflict", 409, "The schedule is there already, or is another version than the one that was to be changed");

    public static ProblemCode TooManySchedules { get; } = new("too-many-schedules", 409, "The tenant has as many schedules as it may");

    public static ProblemCode PatternExists { get; } = new("pattern-exists", 409, "The version of the pattern is registered otherwise");

    public static ProblemCode KeyEnded { get; } = new("key-ended", 409, "The key has expired or was revoked");

    public static ProblemCode TooManyKeys { get; } = new("too-many-keys", 409, "The tenant has as many keys as it may");

    public static ProblemCode QuotaInUse { get; } = new("quota-in-use", 409, "The limit would be less than what is used and reserved now");

    public static ProblemCode QuotaConflict { get; } = new("quota-conflict", 409, "The reservation was made for another amount, is a job's, or has ended the other way");

    public static ProblemCode NoCluster { get; } = new("no-cluster", 409, "The server keeps its jobs in a data directory, so its node is alone");

    public static ProblemCode AmbiguousNode { get; } = new("ambiguous-node", 409, "Several nodes have this name; their incarnations tell them apart");

    public static ProblemCode NodeRefused { get; } = new("node-refused", 409, "The order cannot be carried out for that node now");

    public static ProblemCode LeaseLost { get; } = new("lease-lost", 409, "The worker's lease does not hold any more; job_status and ended_by say what became of it");

    public static ProblemCode VersionConflict { get; } = new("version-conflict", 412, "The job is not at the version of If-Match");

    public static ProblemCode TooLarge { get; } = new("too-large", 413, "The body is larger than the endpoint takes");

    public static ProblemCode PayloadTooLarge { get; } = new("payload-too-large", 413, "The input has more than 256 KiB of JSON");

    public static ProblemCode OutputTooLarge { get; } = new("output-too-large", 413, "A step's output has more than 256 KiB of JSON");

    public static ProblemCode UnsupportedMediaType { get; } = new("unsupported-media-type", 415, "The body has a content type that the endpoint does not take");

    public static ProblemCode RangeNotSatisfiable { get; } = new("range-not-satisfiable", 416, "The file has no such range");

    public static ProblemCode MisdirectedRequest { get; } = new("misdirected-request", 421, "A server without keys was asked under another name than localhost");

    public static ProblemCode InvalidInput { get; } = new("invalid-input", 422, "The input does not fit the workflow's schema; faults lists each place");

    public static ProblemCode InvalidDefinition { get; } = new("invalid-definition", 422, "The definition of a workflow is wrong; faults lists each place");

    public static ProblemCode InvalidParams { get; } = new("invalid-params", 422, "Parameters do not fit the pattern");

    public static ProblemCode UnknownDependency { get; } = new("unknown-dependency", 422, "The tenant has no job, or no schedule, on which the new one is to depend");

    public static ProblemCode ScheduleCycle { get; } = new("schedule-cycle", 422, "The schedule would depend on itself; the detail names the path");

    public static ProblemCode UnknownParent { get; } = new("unknown-parent", 422, "The tenant has no job to which the new one is to belong");

    public static ProblemCode InvalidQuota { get; } = new("invalid-quota", 422, "What the job would take of a meter cannot be told from its input");

    public static ProblemCode UnknownReservation { get; } = new("unknown-reservation", 404, "The account has no reservation of this name");

    public static ProblemCode ArtifactMissing { get; } = new("artifact-missing", 422, "A file that a task names, or that its workflow declares, is not in the job's folder");
    public static ProblemCode DependencyRefused { get; } = new("dependency-refused", 422, "In a batch: the item depends on one that was refused");

    public static ProblemCode TooManyRequests { get; } = new("too-many-requests", 429, "The tenant makes more requests than it may; Retry-After says when to come again");

    public static ProblemCode InternalError { get; } = new("internal-error", 500, "Dispatcher met a fault of its own; its log says more under the correlation id");

    public static ProblemCode Stopping { get; } = new("stopping", 503, "The server is stopping; Retry-After says when to come again");

    public static ProblemCode TooManyStreams { get; } = new("too-many-streams", 503, "The server serves as many live streams as it may");

    public static ProblemCode TooManyPolls { get; } = new("too-many-polls", 503, "The server holds as many polls of workers as it may");

    public static ProblemCode NotReady { get; } = new("not-ready", 503, "The server has just started or is about to stop, and the lease holds: give the same answer again");

    public static ProblemCode Unavailable { get; } = new("unavailable", 503, "The store or the node cannot answer now; Retry-After says when to come again. A command may have taken effect or not: give it again with the same idempotency key or version");

    public static ProblemCode Parked { get; } = new("parked", 503, "The job is there, and this server cannot read its history or take it further; it goes on when a server has what it lacks");

    public static ProblemCode DiskFull { get; } = new("disk-full", 503, "The server's disk is full and nothing can be written; Retry-After says when to come again. Nothing that was acknowledged is lost, and the server goes on by itself when there is room");

    public static ProblemCode StorageFull { get; } = new("storage-full", 507, "The server's disk is full");
}
