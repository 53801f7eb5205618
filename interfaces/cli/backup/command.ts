export interface BackupCommand {
  readonly kind: "export" | "import";
  readonly file: string;
  readonly json: boolean;
}
