import type { AgentId } from "../../core/ids.ts";
import type { Subjects } from "../../core/subjects.ts";
import {
  accountCrossings,
  agentPermissions,
  type Links,
  type SubjectPermissions,
  submitterPermissions,
} from "../../topology/permissions.ts";
import { quoted } from "./quoted.ts";

/** Whom a server lets in beside the operator, and what each may do. Public keys only. */
export interface ServerAccess {
  readonly subjects: Subjects;
  /** The nkey of each agent. */
  readonly agents: ReadonlyMap<AgentId, string>;
  /** Which agents may talk to which. */
  readonly links: Links;
  /** The nkey of whoever only submits jobs. */
  readonly submitter: string;
}

/** The part of a configuration that somebody else's server needs. @param coordinators their nkey */
export function accountsText(access: ServerAccess, coordinators: string): string {
  return `${accountLines(access, `{ nkey: ${quoted(coordinators)} }`).join("\n")}\n`;
}

const COORDINATORS = "CASCADE";
const AGENTS = "AGENTS";
const SUBMITTERS = "SUBMITTERS";

/**
 * Three accounts. Only that of the coordinators has JetStream; agents and submitters reach exactly the subjects that are
 * exported to them, and an answer goes back to an inbox of theirs: no reply subject of theirs names anything of the
 * coordinators' account.
 * @param operator the user of the coordinators' account, as the configuration has it
 */
export function accountLines(access: ServerAccess, operator: string): readonly string[] {
  const crossings = accountCrossings(access.subjects);
  const agents = [...access.agents].map(([agent, key]) => ({
    key,
    permissions: agentPermissions(access.subjects, agent, access.links.get(agent) ?? []),
  }));
  const submitter = { key: access.submitter, permissions: submitterPermissions(access.subjects) };
  return [
    "accounts {",
    ...account(COORDINATORS, {
      jetStream: true,
      users: [operator],
      exports: [
        ...crossings.agentsAsk.map((subject) => exported("service", subject, AGENTS)),
        ...crossings.agentsHear.map((subject) => exported("stream", subject, AGENTS)),
        ...crossings.submittersAsk.map((subject) => exported("service", subject, SUBMITTERS)),
      ],
      imports: [
        ...[...crossings.agentsAnswer, ...crossings.discovery].map((subject) =>
          imported("service", subject, AGENTS),
        ),
        ...crossings.agentsSay.map((subject) => imported("stream", subject, AGENTS)),
      ],
    }),
    ...account(AGENTS, {
      users: agents.map(user),
      exports: [
        ...crossings.agentsAnswer.map((subject) => exported("service", subject, COORDINATORS)),
        ...crossings.discovery.map((subject) =>
          exported("service", subject, COORDINATORS, "response: stream"),
        ),
        ...crossings.agentsSay.map((subject) => exported("stream", subject, COORDINATORS)),
      ],
      imports: [
        ...crossings.agentsAsk.map((subject) => imported("service", subject, COORDINATORS)),
        ...crossings.agentsHear.map((subject) => imported("stream", subject, COORDINATORS)),
      ],
    }),
    ...account(SUBMITTERS, {
      users: [user(submitter)],
      exports: [],
      imports: crossings.submittersAsk.map((subject) => imported("service", subject, COORDINATORS)),
    }),
    "}",
  ];
}

function account(
  name: string,
  parts: {
    readonly jetStream?: boolean;
    readonly users: readonly string[];
    readonly exports: readonly string[];
    readonly imports: readonly string[];
  },
): readonly string[] {
  const list = (key: string, entries: readonly string[]): readonly string[] =>
    entries.length === 0 ? [] : [`    ${key}: [`, ...entries.map((one) => `      ${one}`), "    ]"];
  return [
    `  ${name} {`,
    ...(parts.jetStream === true ? ["    jetstream: enabled"] : []),
    ...list("users", parts.users),
    ...list("exports", parts.exports),
    ...list("imports", parts.imports),
    "  }",
  ];
}

function user({
  key,
  permissions,
}: {
  readonly key: string;
  readonly permissions: SubjectPermissions;
}): string {
  const { publish, subscribe } = permissions;
  const rights = `publish: { allow: ${listed(publish)} }, subscribe: { allow: ${listed(subscribe)} }`;
  return `{ nkey: ${quoted(key)}, permissions: { ${rights} } }`;
}

function listed(subjects: readonly string[]): string {
  return `[${subjects.map(quoted).join(", ")}]`;
}

type Crossing = "service" | "stream";

function exported(kind: Crossing, subject: string, to: string, extra?: string): string {
  return `{ ${[`${kind}: ${quoted(subject)}`, `accounts: [${to}]`, ...(extra === undefined ? [] : [extra])].join(", ")} }`;
}

function imported(kind: Crossing, subject: string, from: string): string {
  return `{ ${kind}: { account: ${from}, subject: ${quoted(subject)} } }`;
}
